/*
 * The stores, where bytes wait between source and sink: a buffer in memory
 * (read-write), a pipe of our own (splice), a window of the mapped source
 * (mmap).
 *
 * When a method is refused, the bytes in its store go into the buffer, or back
 * to the source.  So the bytes in the buffer are always older than those in
 * the other stores, and are given first.
 */
#ifndef ENGINE_STORE_H
#define ENGINE_STORE_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
	char *data;		/* page aligned, or NULL */
	size_t size;
	size_t start, end;	/* the bytes that are held */
};

struct pipe {
	int in, out;		/* bytes go into `in` and come out of `out`;
				   -1: there is no pipe */
	size_t size;		/* bytes that it takes, as the kernel says */
};

struct window {
	char *map;		/* page aligned, or NULL */
	size_t length;		/* of the map */
	char *data;		/* the next byte held */
};

static inline size_t
buffer_used(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

/** Make room for `size` bytes in all, and keep what is held.  Return 0, or -1
 * with ENOMEM and nothing changed. */
int buffer_reserve(struct buffer *, size_t size);
void buffer_free(struct buffer *);

/** Make a pipe of about `size` bytes (0: the size that measured best).  Return
 * 0, or -1 with errno. */
int pipe_open(struct pipe *, size_t size);

/** Move the `held` bytes in the pipe into the buffer, which is empty.  Return
 * 0, or -1 with errno if bytes are lost. */
int pipe_spill(struct pipe *, size_t held, struct buffer *);
void pipe_close(struct pipe *);

/** Enlarge the pipe fd, which may be the caller's, to about `size` bytes (0:
 * the size that measured best) as far as the kernel permits.  Return its
 * size.  Keep errno. */
size_t pipe_grow(int fd, size_t size);

/** Map `size` bytes of the file fd from `at` on, instead of what was mapped.
 * Return 0, or -1 with errno and nothing mapped. */
int window_map(struct window *, int fd, int64_t at, size_t size);
void window_unmap(struct window *);

#endif
