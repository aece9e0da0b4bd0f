/*
 * How a transfer to a socket is confirmed: send FIN, drop what the peer sends,
 * and wait until its kernel has acknowledged all (SIOCOUTQ is 0) and the peer
 * has closed in order (recv(2) returns 0).  A reset is always a failure.
 */
#include "config.h"

#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../base/gauge.h"
#include "../base/minmax.h"
#include "../system/tcp.h"

#define PACE_LEAST	INT64_C(150000)	/* bytes a second */

static int
socket_set_linger(int fd, int on)
{
	const struct linger linger = { .l_onoff = on, .l_linger = 0 };

	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

int
socket_family(int fd)
{
	struct sockaddr_storage here;
	socklen_t length = sizeof(here);

	return getsockname(fd, (struct sockaddr *)&here, &length) < 0 ?
	    AF_UNSPEC : here.ss_family;
}

bool
socket_is_inet(int family)
{
	return family == AF_INET || family == AF_INET6;
}

int
socket_arm(int fd, int family)
{
	if (!socket_is_inet(family))
		return 0;
	/* Without probes a peer that lost its power is never noticed. */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof(int));
	return socket_set_linger(fd, 1);
}

void
socket_disarm(int fd)
{
	(void)socket_set_linger(fd, 0);
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

int
socket_ends(int fd, struct sockaddr_storage *here,
    struct sockaddr_storage *there)
{
	socklen_t length = sizeof(*here);

	*here = *there = (struct sockaddr_storage){ .ss_family = AF_UNSPEC };
	if (getsockname(fd, (struct sockaddr *)here, &length) < 0)
		return -1;
	length = sizeof(*there);
	return getpeername(fd, (struct sockaddr *)there, &length);
}

/** Send FIN.  Return 0, or -1 with errno.  After a reset shutdown(2) fails with
 * ENOTCONN, and SO_ERROR has the reason. */
static int
socket_half_close(int fd)
{
	int error;

	if (shutdown(fd, SHUT_WR) == 0)
		return 0;
	error = errno;
	if (socket_error(fd) == 0)
		errno = error;
	return -1;
}

/**
 * Space out what is sent, if there is a --rate: the burst that follows a late
 * wake-up (transfer/rate.h) would fill the queue of a slow router.
 *
 * Pace at a quarter more than the rate, because the kernel counts
 * retransmissions and, with the fq qdisc, the headers of packets (66 of 1514
 * bytes, or 66 of 590 if the MTU is 576), and because what is late is made up
 * for.  Allow a packet in 10 ms at least: less would change no queue, and would
 * delay a header, a trailer and the end.
 */
static void
socket_pace(const struct endpoint *ep)
{
	int64_t rate = ep->options->rate;

	if (rate > 0 && ep->role == ROLE_DEST)
		tcp_pace(ep->fd, MAX(rate > INT64_MAX / 2 ? rate :
		    rate + rate / 4, PACE_LEAST));
}

enum status
socket_ready(struct endpoint *ep)
{
	int flags = fcntl(ep->fd, F_GETFL);

	/* A sender must not block in write(2): it has to read what the peer
	 * sends (socket_drop()), or two senders would wait for each other. */
	if (ep->role == ROLE_DEST)
		flags |= O_NONBLOCK;
	else
		flags &= ~O_NONBLOCK;
	socket_pace(ep);
	return fcntl(ep->fd, F_SETFL, flags) < 0 ?
	    endpoint_error(ep, "connect") : STATUS_OK;
}

int
socket_drop(int fd)
{
	char dropped[16384];
	ssize_t n = 1;

	/* 1 MiB at most, because the peer may send as fast as we read. */
	for (int i = 0; i < 64 && n > 0; i++)
		n = recv(fd, dropped, sizeof(dropped), MSG_DONTWAIT);
	if (n == 0)
		return 1;
	return n > 0 || errno == EAGAIN || errno == EINTR ? 0 : -1;
}

int64_t
socket_acknowledged(const struct endpoint *ep)
{
	int64_t count = ep->fd < 0 ? -1 : tcp_acknowledged(ep->fd);

	return count < 0 ? -1 : MAX(count - ep->before, 0);
}

/** Return how much of the data, without the header, the peer has acknowledged;
 * -1: unknown. */
static int64_t
acknowledged_by_peer(const void *arg)
{
	const struct endpoint *ep = arg;
	const int64_t count = socket_acknowledged(ep);

	return count < 0 ? -1 : MAX(count - ep->header, 0);
}

enum status
socket_begin(struct endpoint *ep)
{
	ep->before = tcp_acknowledged(ep->fd) + max64(socket_queue(ep->fd), 0);
	gauge_peer(acknowledged_by_peer, ep);
	return STATUS_OK;
}

/** Return socket_queue(), or if a seccomp filter refuses it, the number of
 * segments and bytes of TCP_INFO: also 0 only if the peer's kernel has
 * everything.  -1 with errno if neither is known. */
static int
socket_unacknowledged(int fd)
{
	int64_t unacknowledged;
	int queued = socket_queue(fd), error;

	if (queued >= 0)
		return queued;
	error = errno;
	unacknowledged = tcp_unacknowledged(fd);
	if (unacknowledged >= 0)
		return (int)MIN(unacknowledged, INT_MAX);
	errno = error;
	return -1;
}

/** Update what the peer has done.  Return 0, or -1 with errno if the connection
 * has failed, or if the kernel does not tell what is wanted. */
static int
confirmation_look(struct endpoint *ep, enum confirm wanted)
{
	struct confirmation *seen = &ep->seen;
	int fd = ep->fd, before = seen->queued;
	int end = seen->closed ? 1 : socket_drop(fd);

	/* A reset does not change SIOCOUTQ, so ask for the error. */
	if (end < 0 || socket_error(fd) < 0)
		return -1;
	seen->closed = end > 0;
	seen->queued = socket_unacknowledged(fd);
	/* If the peer closed after our FIN, that alone confirms. */
	if (seen->queued < 0 && (wanted == CONFIRM_ACK || ep->early))
		return -1;
	seen->queued = MAX(seen->queued, 0);
	if (seen->queued < before)
		deadline_renew(&ep->deadline);
	return 0;
}

/** Look whether the peer has acknowledged all and, unless CONFIRM_ACK is
 * wanted, closed; if not, wait.  That it has closed is not enough, because it
 * may have closed its sending half early.  No event says that all is
 * acknowledged, so wait for a pause.  Return 1 if it has, 0 if it has not, or
 * -1 with errno. */
static int
confirmation_await(struct endpoint *ep, enum confirm wanted, int milliseconds)
{
	struct pollfd polled = { .fd = ep->fd, .events = POLLIN };
	const struct confirmation *seen = &ep->seen;

	if (confirmation_look(ep, wanted) < 0)
		return -1;
	if (seen->queued == 0 && (seen->closed || wanted == CONFIRM_ACK))
		return 1;
	/* Once both halves are closed, POLLHUP is always set. */
	return deadline_poll(&ep->deadline, &polled, seen->closed ? 0 : 1,
	    seen->queued == 0 ? milliseconds : ep->pause) < 0 ? -1 : 0;
}

/** Print errno, with how much is acknowledged, and what the user can do. */
static enum status
confirmation_failed(const struct endpoint *ep)
{
	int error = errno;
	int64_t acknowledged = socket_acknowledged(ep);

	errno = error;
	if (ep->seen.queued < 0) {
		diag_error(ep->name, "waiting for the peer to close: the "
		    "kernel does not tell what the peer has (SIOCOUTQ: %s; "
		    "--confirm=none accepts this)", strerror(errno));
		return STATUS_CONNECTION;
	}
	if (errno == ETIMEDOUT && ep->seen.queued == 0 &&
	    deadline_passed(&ep->deadline)) {
		diag_error(ep->name, "waiting for the peer to close: all is "
		    "acknowledged, but it has not closed in %g s; it may still "
		    "be writing or flushing its file (--timeout waits longer, "
		    "--confirm=ack accepts this)", ep->deadline.limit);
		return STATUS_CONNECTION;
	}
	if (errno == EINTR || acknowledged < 0)
		return endpoint_error(ep, "waiting for the peer to close");
	diag_error(ep->name, "waiting for the peer to close: %s (%" PRId64
	    " of %" PRId64 " bytes acknowledged)", strerror(errno),
	    MIN(acknowledged, ep->sent), ep->sent);
	return STATUS_CONNECTION;
}

/** True if the user wants no confirmation of a socket that zcopy was given: it
 * stays open, in both directions. */
static bool
stays_open(const struct endpoint *ep)
{
	return ep->inherited && ep->options->confirm == CONFIRM_DEFAULT;
}

/** True if a close of the peer that comes before the end of the data is a
 * failure.  Without --confirm it is none if the peer's kernel acknowledges all
 * data, because a peer that gives up sends a reset, or leaves an error; but not
 * on vsock, where nothing tells that from a peer that only receives. */
static bool
must_close_last(const struct endpoint *ep)
{
	return ep->options->confirm == CONFIRM_CLOSE ||
	    (ep->options->confirm == CONFIRM_DEFAULT &&
	    socket_family(ep->fd) == AF_VSOCK);
}

enum status
socket_finish(struct endpoint *ep)
{
	int end;

	if (stays_open(ep))
		return STATUS_OK;
	ep->seen = (struct confirmation){ .queued = INT_MAX };
	end = socket_drop(ep->fd);
	ep->early = end > 0;
	if (end < 0 || socket_half_close(ep->fd) < 0)
		return confirmation_failed(ep);
	ep->has_end = true;
	if (!ep->early || !must_close_last(ep))
		return STATUS_OK;
	diag_error(ep->name, "the peer had closed before the end: it cannot "
	    "confirm by that (--confirm=ack accepts this)");
	return STATUS_CONNECTION;
}

enum status
socket_await(struct endpoint *ep, int milliseconds)
{
	const enum confirm wanted = ep->options->confirm;
	int confirmed = 1;

	if (stays_open(ep)) {
		ep->settled = true;
		return STATUS_OK;
	}
	ep->confirmed = "none";
	if (wanted != CONFIRM_NONE)
		confirmed = confirmation_await(ep, wanted, milliseconds);
	else if (socket_drop(ep->fd) < 0)
		/* close(2) with unread data would reset the connection. */
		confirmed = -1;
	if (confirmed < 0)
		return confirmation_failed(ep);
	ep->settled = confirmed > 0;
	/* A close that came before our FIN says nothing about our data. */
	if (ep->settled && wanted != CONFIRM_NONE)
		ep->confirmed = ep->seen.closed && !ep->early ? "close" : "ack";
	return STATUS_OK;
}

enum status
socket_commit(struct endpoint *ep)
{
	if (!ep->inherited)
		socket_disarm(ep->fd);
	return STATUS_OK;		/* endpoint_commit() closes */
}
