#include "config.h"

#include "socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../signals.h"

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

static int
socket_half_close(int fd)
{
	int pending = 0;
	socklen_t length = sizeof(pending);

	if (shutdown(fd, SHUT_WR) == 0)
		return 0;
	/* ENOTCONN after a reset; what happened is still to be had, once,
	 * and a read would then find nothing but an end of file. */
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &pending, &length) == 0 &&
	    pending != 0)
		errno = pending;
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
	} while (n > 0 ||
	    (n < 0 && errno == EINTR && signals_caught() == 0));
	return (int)n;
}

enum status
socket_commit(struct endpoint *ep)
{
	if (ep->role == ROLE_DEST && (socket_half_close(ep->fd) < 0 ||
	    socket_drain(ep->fd) < 0))
		return endpoint_error(ep, "waiting for the peer to close");
	socket_set_linger(ep->fd, 0);
	return STATUS_OK;		/* endpoint_commit() closes */
}
