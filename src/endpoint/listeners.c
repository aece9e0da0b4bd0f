#include "config.h"

#include "listeners.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/deadline.h"
#include "../base/diag.h"
#include "../base/gauge.h"
#include "../base/missing.h"
#include "address.h"
#include "allow.h"
#include "congestion.h"
#include "descriptor.h"
#include "socket.h"

/** Set the options that must be set before bind(2).  Return 0, or -1 with errno
 * and *doing set to what failed. */
static int
listeners_prepare(const struct endpoint *ep, int fd,
    const struct sockaddr *address, const char **doing)
{
	/* "::" accepts IPv4 as well unless IPV6_V6ONLY is set.  For other
	 * addresses the option has no meaning. */
	const int on = 1, only = ep->options->family == AF_INET6;
	const sa_family_t family = address_family(address);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	*doing = "--ipv6";
	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
	    &only, sizeof(only)) < 0 && only)
		return -1;
	/* On Linux accepted sockets inherit the rest, so that even a
	 * connection that is still in the queue has it. */
	*doing = "listen";
	if (socket_arm(fd, family) < 0)
		return -1;
	*doing = "--congestion";
	return socket_is_inet(family) ? congestion_listen(ep, fd, address) : 0;
}

int
listeners_add(struct listeners *listeners, const struct endpoint *ep,
    const struct sockaddr *address, socklen_t length, const char **doing)
{
	int fd, error;

	/* Non-blocking, because a connection may be gone again between poll(2)
	 * and accept(2). */
	*doing = "socket";
	fd = socket(address_family(address),
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (listeners_prepare(ep, fd, address, doing) < 0)
		goto fail;
	*doing = "bind";
	if (bind(fd, address, length) < 0)
		goto fail;
	*doing = "listen";
	if (listen(fd, ep->backlog) < 0)
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

socklen_t
listeners_bound(const struct endpoint *ep, int fd,
    struct sockaddr_storage *bound)
{
	socklen_t length = sizeof(*bound);

	if (getsockname(fd, (struct sockaddr *)bound, &length) == 0)
		return length;
	diag_note("%s: listening at an unknown address: %s", ep->name,
	    strerror(errno));
	return 0;
}

int
listeners_check(int fd)
{
	int listens = 0, type = 0;
	socklen_t length = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0)
		return -1;
	errno = EINVAL;
	return listens && type == SOCK_STREAM ? 0 : -1;
}

int
listeners_adopt(struct listeners *listeners, int fd)
{
	/* listeners_close() must not close the socket that we were given. */
	fd = descriptor_copy(fd);
	if (fd < 0)
		return -1;
	listeners->polled[listeners->count++] = (struct pollfd){
	    .fd = fd, .events = POLLIN };
	return 0;
}

/** True if accept(2) may be called again after this errno: it also fails with
 * network errors of the new connection, when nothing is wrong with the
 * listener. */
static bool
listeners_go_on(const struct deadline *deadline, int error)
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
		return deadline_allows(deadline);
	default:
		return false;
	}
}

/** Accept a connection, with FD_CLOEXEC.  Return it, or -1 with errno. */
static int
listeners_take(int listener, struct sockaddr_storage *peer, socklen_t *length)
{
	struct sockaddr *address = (struct sockaddr *)peer;
	int fd;

	*length = sizeof(*peer);
	fd = accept4(listener, address, length, SOCK_CLOEXEC);
	if (fd >= 0 || !call_is_missing(errno))
		return fd;
	fd = accept(listener, address, length);
	descriptor_keep_from_commands(fd);
	return fd;
}

/** Wait for a connection, and accept it.  Return it, or -1 with errno. */
static int
listeners_wait(struct listeners *listeners, struct deadline *deadline,
    struct sockaddr_storage *peer, socklen_t *length)
{
	int fd = -1;

	do {
		if (deadline_poll(deadline, listeners->polled,
		    (unsigned)listeners->count, -1) < 0)
			return -1;
		errno = EAGAIN;
		for (nfds_t i = 0; i < listeners->count && fd < 0; i++) {
			if (listeners->polled[i].revents != 0)
				fd = listeners_take(listeners->polled[i].fd,
				    peer, length);
		}
	} while (fd < 0 && listeners_go_on(deadline, errno));
	return fd;
}

int
listeners_next(struct listeners *listeners, struct endpoint *ep,
    struct sockaddr_storage *peer, socklen_t *length)
{
	char address[ADDRESS_SIZE];
	int fd;

	for (;;) {
		fd = listeners_wait(listeners, &ep->deadline, peer, length);
		if (fd < 0)
			return -1;
		if (socket_arm(fd, peer->ss_family) < 0) {
			close(fd);
			return -1;
		}
		if (allow_match(ep->options->allow, (struct sockaddr *)peer)) {
			congestion_accept(ep, fd);
			congestion_note(ep, fd);
			return fd;
		}
		address_format(address, (struct sockaddr *)peer, *length);
		diag_verbose("%s: %s: rejected by --allow", ep->name, address);
		close(fd);
	}
}

/** Wait until the peer has sent something (return 1) or closed (0), but read
 * nothing.  -1 with errno. */
static ssize_t
listeners_first_byte(const struct endpoint *ep)
{
	ssize_t n;
	char ignored;

	do {
		n = recv(ep->fd, &ignored, 1, MSG_PEEK);
	} while (n < 0 && deadline_allows(&ep->deadline));
	return n;
}

enum status
listeners_accept(struct listeners *listeners, struct endpoint *ep)
{
	struct sockaddr_storage peer;
	socklen_t length;
	enum status status;
	ssize_t n;

	gauge_phase(PHASE_ACCEPTING);
	deadline_begin(&ep->deadline, ep->options, DEADLINE_NEVER);
	ep->fd = listeners_next(listeners, ep, &peer, &length);
	if (ep->fd < 0)
		return endpoint_error(ep, "accept");
	listeners_close(listeners);
	status = socket_ready(ep);
	if (status != STATUS_OK || ep->role == ROLE_DEST ||
	    ep->options->bytes == 0)
		return status;

	/* DEST must not be touched for a peer that sends nothing. */
	deadline_renew(&ep->deadline);
	n = listeners_first_byte(ep);
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

enum status
listeners_ready(struct endpoint *ep)
{
	return listeners_accept(ep->state, ep);
}

void
listeners_abort(struct endpoint *ep)
{
	if (ep->state == NULL)
		return;
	listeners_close(ep->state);
	free(ep->state);
	ep->state = NULL;
}
