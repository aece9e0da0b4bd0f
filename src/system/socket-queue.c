#include "config.h"

#include "socket-queue.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#if defined(__linux__)

#include <linux/sockios.h>

int
socket_queue(int fd)
{
	int queued;

	return ioctl(fd, SIOCOUTQ, &queued) < 0 ? -1 : queued;
}

#elif defined(SO_NWRITE)		/* macOS */

int
socket_queue(int fd)
{
	int queued;
	socklen_t length = sizeof(queued);

	return getsockopt(fd, SOL_SOCKET, SO_NWRITE, &queued, &length) < 0 ?
	    -1 : queued;
}

#elif defined(FIONWRITE)		/* FreeBSD */

int
socket_queue(int fd)
{
	int queued;

	return ioctl(fd, FIONWRITE, &queued) < 0 ? -1 : queued;
}

#else

int
socket_queue(int fd)
{
	(void)fd;
	errno = ENOTSUP;
	return -1;
}

#endif
