#include "config.h"

#include "socket.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#include "patience.h"

#define SENT	"all bytes sent, waiting for the peer to close"

static void
socket_set_linger(int fd, int on)
{
	const struct linger linger = { .l_onoff = on, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

void
socket_arm(int fd)
{
	socket_set_linger(fd, 1);
	/* A peer that has lost its power never says so. */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof(int));
}

int
socket_error(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -1;
	errno = error;
	return error == 0 ? 0 : -1;
}

static int
socket_half_close(int fd)
{
	int error;

	if (shutdown(fd, SHUT_WR) == 0)
		return 0;
	error = errno;			/* ENOTCONN, after a reset */
	if (socket_error(fd) == 0)
		errno = error;
	return -1;
}

/* Until the peer has closed, too.  What it sends meanwhile is dropped: left
 * unread, it would turn our close into a reset. */
static int
socket_drain(int fd)
{
	char dropped[16384];
	ssize_t n;

	do {
		n = read(fd, dropped, sizeof(dropped));
	} while (n > 0 || (n < 0 && patience_left(SENT)));
	return (int)n;
}

/* A peer that closed its sending half long ago has ended, and may not have
 * our data yet.  No event tells when all of it is acknowledged; and after a
 * reset it never is. */
static int
socket_await_delivery(int fd)
{
	int queued = 0, pause = 1;

	while (socket_error(fd) == 0) {
		if (ioctl(fd, SIOCOUTQ, &queued) < 0 || queued == 0)
			return socket_error(fd);
		if (poll(NULL, 0, pause) < 0 && !patience_left(SENT))
			return -1;
		pause = MIN(2 * pause, 50);
	}
	return -1;
}

enum status
socket_commit(struct endpoint *ep)
{
	if (ep->role == ROLE_DEST && (socket_half_close(ep->fd) < 0 ||
	    socket_drain(ep->fd) < 0 || socket_await_delivery(ep->fd) < 0))
		return endpoint_error(ep, "waiting for the peer to close");
	socket_set_linger(ep->fd, 0);
	return STATUS_OK;		/* endpoint_commit() closes */
}
