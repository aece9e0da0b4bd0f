/*
 * Bytes in memory on their way: what read-write reads into, and where bytes
 * wait that another method had taken when it had to give up.  Older than
 * anything that a method still holds, so they are delivered first.
 */
#ifndef ENGINE_BUFFER_H
#define ENGINE_BUFFER_H

#include <stddef.h>

struct buffer {
	char *data;		/* page aligned, or NULL */
	size_t size;
	size_t start, end;	/* what is in it */
};

/** Room for `size` bytes in all; what is in it stays.  0 or -1, ENOMEM. */
int buffer_reserve(struct buffer *, size_t size);
void buffer_free(struct buffer *);

static inline size_t
buffer_used(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

#endif
