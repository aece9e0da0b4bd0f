/*
 * Pipes and their sizes.
 */
#ifndef ENGINE_PIPE_H
#define ENGINE_PIPE_H

#include <stddef.h>

struct pipe {
	int in, out;		/* bytes go into `in` and come out of `out`;
				   -1 when there is none */
	size_t size;		/* bytes it takes, as the kernel says */
};

/** A pipe of our own, of about `size` bytes (0: the best measured).
 * 0, or -1 with errno. */
int pipe_open(struct pipe *, size_t size);
void pipe_close(struct pipe *);

/** Make the pipe behind fd about `size` bytes (0: the best measured), if that
 * makes it larger and the kernel lets us.  Returns its size. */
size_t pipe_grow(int fd, size_t size);

#endif
