/*
 * Headers and trailers, and all that must arrive with them, in order.
 */
#ifndef LIB_WIRE_H
#define LIB_WIRE_H

#include "lib-flow.h"

#define TEXT_MAX	((size_t)18 << 20)
#define PIECES_MAX	3000			/* more than IOV_MAX */

extern unsigned char text[TEXT_MAX];		/* of headers and trailers */
extern size_t text_used;
extern unsigned char wire[TEXT_MAX + sizeof(content)];
extern size_t wire_size;

void begin_text(void);

/** Return the next `size` bytes of text. */
struct iovec piece_of(size_t size);

int64_t length_of(const struct iovec *piece, int count);
void put_on_wire(const void *data, size_t size);

/** Put on the wire what must arrive: headers, data, trailers. */
void make_wire(const struct zc_hdtr *hdtr, const void *data, size_t size);

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

void wrap_as(struct wrap *wrap, const struct shape *shape);

/** Set what a flow must deliver: `bytes` of content from `offset`, and hdtr. */
void expect(struct flow *flow, const struct zc_hdtr *hdtr, size_t offset,
    size_t bytes);

#endif
