/*
 * Headers and trailers, and all that must arrive with them, in order.
 */
#ifndef UNIT_WIRE_H
#define UNIT_WIRE_H

#include "unit-flow.h"

#define TEXT_MAX	((size_t)18 << 20)
#define PIECES_MAX	3000			/* more than IOV_MAX */

static unsigned char text[TEXT_MAX];		/* of headers and trailers */
static size_t text_used;
static unsigned char wire[TEXT_MAX + sizeof(content)];
static size_t wire_size;

static inline void
begin_text(void)
{
	uint64_t state = 88172645463325252u;	/* any but 0 */

	for (size_t i = 0; i < sizeof(text); i += sizeof(state)) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		memcpy(text + i, &state, sizeof(state));
	}
}

/** The next piece of the text. */
static inline struct iovec
piece_of(size_t size)
{
	struct iovec piece = { .iov_base = text + text_used, .iov_len = size };

	text_used += size;
	if (text_used > sizeof(text))
		give_up("text");
	return piece;
}

static inline int64_t
length_of(const struct iovec *piece, int count)
{
	int64_t length = 0;

	for (int i = 0; i < count; i++)
		length += (int64_t)piece[i].iov_len;
	return length;
}

static inline void
put_on_wire(const void *data, size_t size)
{
	memcpy(wire + wire_size, data, size);
	wire_size += size;
}

static inline void
put_pieces(const struct iovec *piece, int count)
{
	for (int i = 0; i < count; i++)
		if (piece[i].iov_len > 0)
			put_on_wire(piece[i].iov_base, piece[i].iov_len);
}

/** What must arrive: these headers, the data, these trailers. */
static inline void
make_wire(const struct zc_hdtr *hdtr, const void *data, size_t size)
{
	wire_size = 0;
	put_pieces(hdtr->headers, hdtr->hdr_cnt);
	put_on_wire(data, size);
	put_pieces(hdtr->trailers, hdtr->trl_cnt);
}

/** How many pieces of which sizes. */
struct shape {
	const char *name;
	size_t head[5], tail[5];
	int heads, tails;
};

/** A shape with its pieces. */
struct wrap {
	struct iovec head[5], tail[5];
	struct zc_hdtr hdtr;
	int64_t header, trailer;		/* their lengths */
};

static inline void
wrap_as(struct wrap *wrap, const struct shape *shape)
{
	text_used = 0;
	for (int i = 0; i < shape->heads; i++)
		wrap->head[i] = piece_of(shape->head[i]);
	for (int i = 0; i < shape->tails; i++)
		wrap->tail[i] = piece_of(shape->tail[i]);
	wrap->hdtr = (struct zc_hdtr){ .headers = wrap->head,
		.hdr_cnt = shape->heads, .trailers = wrap->tail,
		.trl_cnt = shape->tails };
	wrap->header = length_of(wrap->head, shape->heads);
	wrap->trailer = length_of(wrap->tail, shape->tails);
}

/** A flow, and what it must deliver: `bytes` of its content from `offset`. */
static inline void
expect(struct flow *flow, const struct zc_hdtr *hdtr, size_t offset,
    size_t bytes)
{
	make_wire(hdtr, content + offset, bytes);
	flow->expected = wire;
	flow->expected_size = wire_size;
}

#endif
