#include "config.h"

#include "bell.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
bell_open(struct bell *bell)
{
	return pipe2(bell->fd, O_CLOEXEC | O_NONBLOCK);
}

void
bell_ring(const struct bell *bell)
{
	/* A full pipe (EAGAIN) rings, too. */
	while (write(bell->fd[1], "", 1) < 0 && errno == EINTR)
		;
}

void
bell_silence(const struct bell *bell)
{
	char rung[64];

	(void)!read(bell->fd[0], rung, sizeof(rung));
}

void
bell_close(struct bell *bell)
{
	if (bell->fd[0] < 0)
		return;
	close(bell->fd[0]);
	close(bell->fd[1]);
	bell->fd[0] = -1;
}
