/*
 * vsock(7): stream sockets between a virtual machine and its host, or within
 * one of them.
 *
 * Like a unix socket it has no reset, and the kernel reports less: a peer that
 * is killed closes its socket in order, even if it has not read all.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/deadline.h"
#include "../base/diag.h"
#include "../base/gauge.h"
#include "../system/vsock.h"
#include "allow.h"
#include "listeners.h"
#include "look.h"
#include "retry.h"
#include "socket.h"

static enum status
vsock_look(struct endpoint *ep, struct look *look)
{
	(void)ep;
	look->way = "sent there, once connected";
	return STATUS_OK;
}

/** Wait until the socket is connected.  Return 0, or -1 with errno. */
static int
vsock_await_connection(struct endpoint *ep, int fd)
{
	struct pollfd polled = { .fd = fd, .events = POLLOUT };

	while (polled.revents == 0)
		if (deadline_poll(&ep->deadline, &polled, 1, -1) < 0)
			return -1;
	return socket_error(fd);
}

/** Return a connected socket, or -1 with errno. */
static int
vsock_connect(struct endpoint *ep)
{
	struct sockaddr_storage address;
	socklen_t length = vsock_address(&address, ep->cid, ep->vsock_port);
	int fd, error;

	fd = socket(address.ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	gauge_phase(PHASE_CONNECTING);
	deadline_begin(&ep->deadline, ep->options, DEADLINE_CONNECT);
	vsock_keep_trying(fd);
	if (connect(fd, (struct sockaddr *)&address, length) == 0 ||
	    (errno == EINPROGRESS && vsock_await_connection(ep, fd) == 0))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/** Return why connect(2) has failed. */
static const char *
vsock_reason(int error)
{
	switch (error) {
	case ECONNRESET:
		return "Connection refused (ECONNRESET: nobody listens there)";
	case ENODEV:
		return "No such device (nothing here leads to this CID)";
	default:
		return strerror(error);
	}
}

static enum status
vsock_ready(struct endpoint *ep)
{
	struct retry retry = RETRY_INIT;

	do {
		ep->fd = vsock_connect(ep);
	} while (ep->fd < 0 && retry_after(&retry, ep, vsock_reason(errno)));
	if (ep->fd >= 0)
		return socket_ready(ep);
	if (errno == EINTR)
		return endpoint_error(ep, "connect");
	diag_error(ep->name, "connect: %s", vsock_reason(errno));
	return STATUS_CONNECTION;
}

static enum status
vsock_listen_look(struct endpoint *ep, struct look *look)
{
	look->way = "sent to the first peer that connects";
	return allow_check(ep->options->allow, ep->name, ALLOW_CID);
}

/** Print where we listen: with port 0, only bind(2) has chosen it. */
static void
vsock_announce(const struct endpoint *ep, int fd)
{
	struct sockaddr_storage bound;
	uint32_t cid, port;

	if (listeners_bound(ep, fd, &bound) > 0 &&
	    vsock_read((struct sockaddr *)&bound, &cid, &port))
		diag_note("listening on vsock-listen:%" PRIu32, port);
}

static enum status
vsock_listen_open(struct endpoint *ep)
{
	struct listeners *listeners = calloc(1, sizeof(*listeners));
	enum status status = allow_check(ep->options->allow, ep->name,
	    ALLOW_CID);
	struct sockaddr_storage address;
	socklen_t length = vsock_listen_address(&address, ep->vsock_port);
	const char *doing = "listen";

	ep->state = listeners;
	if (status != STATUS_OK)
		return status;
	if (listeners == NULL || listeners_add(listeners, ep,
	    (struct sockaddr *)&address, length, &doing) < 0)
		return endpoint_error(ep, doing);
	vsock_announce(ep, listeners->polled[0].fd);
	return STATUS_OK;
}

const struct endpoint_type endpoint_vsock = {
	.name = "vsock",
	.traits = ENDPOINT_NETWORK,
	.offers = NEED_SOCKET | NEED_CONNECT,
	.look = vsock_look,
	.ready = vsock_ready,
	.finish = socket_finish,
	.await = socket_await,
	.commit = socket_commit,
};

const struct endpoint_type endpoint_vsock_listen = {
	.name = "vsock-listen",
	.traits = ENDPOINT_NETWORK | ENDPOINT_LISTENS,
	.offers = NEED_SOCKET | NEED_LISTEN,
	.look = vsock_listen_look,
	.open = vsock_listen_open,
	.ready = listeners_ready,
	.finish = socket_finish,
	.await = socket_await,
	.commit = socket_commit,
	.abort = listeners_abort,
};
