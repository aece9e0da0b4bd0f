/*
 * Headers and trailers.
 */
#include "config.h"

#include "lib-wire.h"

unsigned char text[TEXT_MAX];
size_t text_used;
unsigned char wire[TEXT_MAX + sizeof(content)];
size_t wire_size;

void
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

struct iovec
piece_of(size_t size)
{
	struct iovec piece = { .iov_base = text + text_used, .iov_len = size };

	text_used += size;
	if (text_used > sizeof(text))
		give_up("text");
	return piece;
}

int64_t
length_of(const struct iovec *piece, int count)
{
	int64_t length = 0;

	for (int i = 0; i < count; i++)
		length += (int64_t)piece[i].iov_len;
	return length;
}

void
put_on_wire(const void *data, size_t size)
{
	memcpy(wire + wire_size, data, size);
	wire_size += size;
}

static void
put_pieces(const struct iovec *piece, int count)
{
	for (int i = 0; i < count; i++)
		if (piece[i].iov_len > 0)
			put_on_wire(piece[i].iov_base, piece[i].iov_len);
}

void
make_wire(const struct zc_hdtr *hdtr, const void *data, size_t size)
{
	wire_size = 0;
	put_pieces(hdtr->headers, hdtr->hdr_cnt);
	put_on_wire(data, size);
	put_pieces(hdtr->trailers, hdtr->trl_cnt);
}

void
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

void
expect(struct flow *flow, const struct zc_hdtr *hdtr, size_t offset,
    size_t bytes)
{
	make_wire(hdtr, content + offset, bytes);
	flow->expected = wire;
	flow->expected_size = wire_size;
}
