#include "config.h"

#include "listeners.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "patience.h"
#include "socket.h"

/* Options that must be set before bind(2). */
static void
listeners_prepare(int fd, int family)
{
	const int on = 1, off = 0;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* "::" takes IPv4 as well; for other addresses it has no meaning. */
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	/* Linux hands it on to accepted sockets, so that they have it before
	 * we do. */
	socket_arm(fd);
}

int
listeners_add(struct listeners *listeners, const struct sockaddr *address,
    socklen_t length, const char **doing)
{
	int fd, error;

	/* Non-blocking, for a connection that is gone again after poll(2). */
	*doing = "socket";
	fd = socket(address->sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	listeners_prepare(fd, address->sa_family);

	*doing = "bind";
	if (bind(fd, address, length) < 0)
		goto fail;
	*doing = "listen";
	if (listen(fd, 1) < 0)
		goto fail;
	listeners->polled[listeners->count++] = (struct pollfd){
	    .fd = fd, .events = POLLIN };
	return 0;

fail:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* The listener is fine, this connection is not: accept(2) hands on errors of
 * the network. */
static bool
listeners_go_on(int error)
{
	switch (error) {
	case EAGAIN:
	case ECONNABORTED:
	case EPROTO:
	case ENOPROTOOPT:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
		return true;
	case EINTR:
		return patience_left(PATIENCE_FIRST);
	default:
		return false;
	}
}

/* A connected descriptor; -1 with errno. */
static int
listeners_wait(struct listeners *listeners)
{
	int fd = -1;

	do {
		if (poll(listeners->polled, listeners->count, -1) < 0)
			continue;
		errno = EAGAIN;
		for (nfds_t i = 0; i < listeners->count && fd < 0; i++)
			if (listeners->polled[i].revents != 0)
				fd = accept4(listeners->polled[i].fd, NULL,
				    NULL, SOCK_CLOEXEC);
	} while (fd < 0 && listeners_go_on(errno));
	return fd;
}

/* 1 when the peer has sent something, 0 when it closed without; -1. */
static ssize_t
listeners_first_byte(int fd)
{
	ssize_t n;
	char ignored;

	do {
		n = recv(fd, &ignored, 1, MSG_PEEK);
	} while (n < 0 && patience_left(PATIENCE_FIRST));
	return n;
}

enum status
listeners_accept(struct listeners *listeners, struct endpoint *ep)
{
	int fd = listeners_wait(listeners);
	ssize_t n;

	if (fd < 0)
		return endpoint_error(ep, "accept");
	listeners_close(listeners);
	socket_arm(fd);
	ep->fd = fd;
	if (ep->role == ROLE_DEST || ep->options->bytes == 0)
		return STATUS_OK;

	n = listeners_first_byte(fd);
	if (n < 0)
		return endpoint_error(ep, "receive");
	ep->empty = n == 0;
	return STATUS_OK;
}

void
listeners_close(struct listeners *listeners)
{
	while (listeners->count > 0)
		close(listeners->polled[--listeners->count].fd);
}
