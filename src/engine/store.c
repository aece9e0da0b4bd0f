#include "config.h"

#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <unistd.h>

/* The default of pipe-max-size: more needs CAP_SYS_RESOURCE. */
#define PIPE_BEST	((size_t)1024 * 1024)

/* One page, the smallest pipe: assumed if F_GETPIPE_SZ fails. */
#define PIPE_LEAST	4096

int
buffer_reserve(struct buffer *buffer, size_t size)
{
	size_t used = buffer_used(buffer);
	void *data;
	int error;

	if (size <= buffer->size)
		return 0;
	error = posix_memalign(&data, (size_t)sysconf(_SC_PAGESIZE), size);
	if (error != 0) {
		errno = error;
		return -1;
	}
	if (used > 0)
		memcpy(data, buffer->data + buffer->start, used);
	free(buffer->data);
	*buffer = (struct buffer){ .data = data, .size = size, .end = used };
	return 0;
}

void
buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ .data = NULL };
}

size_t
pipe_grow(int fd, size_t size)
{
	int saved = errno;
	int now = fcntl(fd, F_GETPIPE_SZ);
	size_t wanted = size != 0 ? MIN(size, INT_MAX) : PIPE_BEST;

	/* F_SETPIPE_SZ fails with EPERM above pipe-max-size, and above the
	 * user's share of the memory for pipes (pipe-user-pages-soft): try
	 * half as much, and so on. */
	for (; now >= 0 && wanted > (size_t)now; wanted /= 2)
		if (fcntl(fd, F_SETPIPE_SZ, (int)wanted) >= 0)
			break;
	now = fcntl(fd, F_GETPIPE_SZ);
	errno = saved;
	return now > 0 ? (size_t)now : PIPE_LEAST;
}

int
pipe_open(struct pipe *pipe, size_t size)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	pipe->out = fd[0];
	pipe->in = fd[1];
	if (size != 0)			/* pipe_grow() makes none smaller */
		(void)fcntl(pipe->in, F_SETPIPE_SZ, (int)MIN(size, INT_MAX));
	pipe->size = pipe_grow(pipe->in, size);
	return 0;
}

int
pipe_spill(struct pipe *pipe, size_t held, struct buffer *buffer)
{
	if (buffer_reserve(buffer, held) < 0)
		return -1;
	buffer->start = buffer->end = 0;
	while (buffer->end < held) {
		ssize_t n = read(pipe->out, buffer->data + buffer->end,
		    held - buffer->end);

		if (n == 0)
			errno = EIO;	/* cannot be: it holds that many */
		if (n == 0 || (n < 0 && errno != EINTR))
			return -1;
		if (n > 0)
			buffer->end += (size_t)n;
	}
	return 0;
}

void
pipe_close(struct pipe *pipe)
{
	if (pipe->in >= 0)
		close(pipe->in);
	if (pipe->out >= 0)
		close(pipe->out);
	*pipe = (struct pipe){ .in = -1, .out = -1 };
}

int
window_map(struct window *window, int fd, int64_t at, size_t size)
{
	size_t before = (size_t)(at % sysconf(_SC_PAGESIZE));
	void *map;

	window_unmap(window);
	map = mmap(NULL, before + size, PROT_READ, MAP_SHARED | MAP_POPULATE,
	    fd, at - (int64_t)before);
	if (map == MAP_FAILED)
		return -1;
	*window = (struct window){
		.map = map,
		.length = before + size,
		.data = (char *)map + before,
	};
	return 0;
}

void
window_unmap(struct window *window)
{
	if (window->map != NULL)
		munmap(window->map, window->length);
	*window = (struct window){ .map = NULL };
}
