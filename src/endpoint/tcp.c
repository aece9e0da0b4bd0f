/*
 * TCP: connect to the first address that answers.
 */
#include "config.h"

#include <errno.h>

#include "../base/diag.h"
#include "../base/deadline.h"
#include "address.h"
#include "congestion.h"
#include "connect.h"
#include "look.h"
#include "retry.h"
#include "socket.h"

static enum status
tcp_open(struct endpoint *ep)
{
	struct addrinfo *list;
	enum status status = congestion_check(ep);

	if (status != STATUS_OK)
		return status;
	status = address_look_up(ep, ADDRESS_CONNECT, &list);
	ep->state = list;		/* NULL if that failed */
	return status;
}

/** Names are not looked up, because that would ask other hosts. */
static enum status
tcp_look(struct endpoint *ep, struct look *look)
{
	look->way = "sent there, once connected";
	return congestion_check(ep);
}

/** Connect, with a new deadline for each attempt (--retry). */
static enum status
tcp_ready(struct endpoint *ep)
{
	char tried[2048];
	struct retry retry = RETRY_INIT;

	do {
		deadline_begin(&ep->deadline, ep->options, DEADLINE_CONNECT);
		ep->fd = connect_race(ep, ep->state, tried, sizeof(tried));
	} while (ep->fd < 0 && retry_after(&retry, ep, tried));
	if (ep->fd >= 0)
		return socket_ready(ep);
	if (errno == EINTR)
		return endpoint_error(ep, "connect");
	diag_error(ep->name, "connect: %s", tried);
	return STATUS_CONNECTION;
}

static void
tcp_abort(struct endpoint *ep)
{
	if (ep->state != NULL)
		freeaddrinfo(ep->state);
	ep->state = NULL;
}

const struct endpoint_type endpoint_tcp = {
	.name = "tcp",
	.traits = ENDPOINT_NETWORK,
	.offers = NEED_SOCKET | NEED_TCP | NEED_CONNECT,
	.look = tcp_look,
	.open = tcp_open,
	.ready = tcp_ready,
	.begin = socket_begin,
	.finish = socket_finish,
	.await = socket_await,
	.commit = socket_commit,
	.abort = tcp_abort,
};
