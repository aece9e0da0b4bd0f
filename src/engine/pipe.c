#include "config.h"

#include "pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/param.h>
#include <unistd.h>

/* The default of pipe-max-size: more needs CAP_SYS_RESOURCE. */
#define PIPE_BEST	(1024 * 1024)
#define PIPE_LEAST	4096

size_t
pipe_grow(int fd, size_t size)
{
	int saved = errno;
	int now = fcntl(fd, F_GETPIPE_SZ);
	size_t wanted = size != 0 ? MIN(size, INT_MAX) : PIPE_BEST;

	/* Over pipe-max-size, or over the user's share of all pipes: EPERM.
	 * Each half of it may still be granted. */
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
	if (size != 0)			/* ours may be made smaller, too */
		(void)fcntl(pipe->in, F_SETPIPE_SZ, (int)MIN(size, INT_MAX));
	pipe->size = pipe_grow(pipe->in, size);
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
