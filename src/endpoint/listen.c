/*
 * TCP: wait for one connection.
 */
#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../base/diag.h"
#include "address.h"
#include "allow.h"
#include "congestion.h"
#include "listeners.h"
#include "look.h"
#include "socket.h"

/** Give this address the port of the first listener, so that with port 0 all
 * addresses of a host get the same port. */
static void
listen_share_port(const struct listeners *listeners, struct sockaddr *address)
{
	struct sockaddr_storage first;
	socklen_t length = sizeof(first);
	in_port_t port;

	if (listeners->count == 0 || getsockname(listeners->polled[0].fd,
	    (struct sockaddr *)&first, &length) < 0)
		return;
	port = first.ss_family == AF_INET6 ?
	    ((struct sockaddr_in6 *)&first)->sin6_port :
	    ((struct sockaddr_in *)&first)->sin_port;
	if (address_family(address) == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = port;
	else
		((struct sockaddr_in *)address)->sin_port = port;
}

/** True if we listen at this address.  getaddrinfo(3) may list one twice. */
static bool
listen_has(const struct listeners *listeners, const struct addrinfo *at)
{
	struct sockaddr_storage bound;
	socklen_t length;

	for (nfds_t i = 0; i < listeners->count; i++) {
		length = sizeof(bound);
		if (getsockname(listeners->polled[i].fd,
		    (struct sockaddr *)&bound, &length) == 0 &&
		    length == at->ai_addrlen &&
		    memcmp(&bound, at->ai_addr, length) == 0)
			return true;
	}
	return false;
}

/** Print errno for one of the addresses. */
static enum status
listen_error(const struct endpoint *ep, const struct addrinfo *at,
    const char *doing)
{
	char address[ADDRESS_SIZE];
	int error = errno;

	address_format(address, at->ai_addr, at->ai_addrlen);
	diag_error(ep->name, "%s: %s: %s", doing, address,
	    address_error(at->ai_addr, error));
	return STATUS_CONNECTION;
}

/** Listen at each address of this family (AF_UNSPEC: any).  Pass over those
 * that this system does not have; but fail, in the `last` call, if none is
 * left. */
static enum status
listen_on(const struct endpoint *ep, const struct addrinfo *list, int family,
    bool last)
{
	struct listeners *listeners = ep->state;
	const struct addrinfo *missing = NULL;
	const char *doing;
	int error = 0;

	for (; list != NULL && listeners->count < LISTENERS_MAX;
	    list = list->ai_next) {
		if (family != AF_UNSPEC && list->ai_family != family)
			continue;
		listen_share_port(listeners, list->ai_addr);
		if (listen_has(listeners, list))
			continue;
		if (listeners_add(listeners, ep, list->ai_addr,
		    list->ai_addrlen, &doing) == 0)
			continue;
		if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
			return listen_error(ep, list, doing);
		missing = list;
		error = errno;
	}
	if (listeners->count > 0 || missing == NULL || !last)
		return STATUS_OK;
	errno = error;
	return listen_error(ep, missing, doing);
}

/** Print where we listen. */
static void
listen_announce(const struct endpoint *ep)
{
	const struct listeners *listeners = ep->state;

	for (nfds_t i = 0; i < listeners->count; i++) {
		struct sockaddr_storage bound;
		socklen_t length;
		char address[ADDRESS_SIZE];

		length = listeners_bound(ep, listeners->polled[i].fd, &bound);
		if (length == 0)
			continue;
		address_format(address, (struct sockaddr *)&bound, length);
		diag_note("listening on %s", address);
	}
}

/** Bind and listen where the name says. */
static enum status
listen_bind(struct endpoint *ep)
{
	const struct listeners *listeners = ep->state;
	struct addrinfo *list;
	enum status status = congestion_check(ep);

	if (status != STATUS_OK)
		return status;
	status = address_look_up(ep, ADDRESS_LISTEN, &list);
	if (status != STATUS_OK)
		return status;
	if (*ep->host != '\0' || ep->options->family != AF_UNSPEC) {
		status = listen_on(ep, list, AF_UNSPEC, true);
	} else {
		/* "::" serves both families; without IPv6, "0.0.0.0". */
		status = listen_on(ep, list, AF_INET6, false);
		if (status == STATUS_OK && listeners->count == 0)
			status = listen_on(ep, list, AF_INET, true);
	}
	freeaddrinfo(list);
	return status;
}

/** Check that the socket which zcopy was given can be used. */
static enum status
listen_check_adopted(const struct endpoint *ep)
{
	const struct options *o = ep->options;

	if ((o->allow != NULL || o->congestion != NULL) &&
	    !socket_is_inet(socket_family(ep->listener))) {
		diag_error(ep->name, "--allow, --congestion: it is no TCP "
		    "socket");
		return STATUS_CONNECTION;
	}
	if (congestion_check(ep) != STATUS_OK)
		return STATUS_CONNECTION;
	if (listeners_check(ep->listener) == 0)
		return STATUS_OK;
	if (errno != EINVAL)
		return endpoint_error(ep, "listen");
	diag_error(ep->name, "listen: not a socket that listens");
	return STATUS_CONNECTION;
}

static enum status
listen_adopt(struct endpoint *ep)
{
	enum status status = listen_check_adopted(ep);

	if (status != STATUS_OK)
		return status;
	return listeners_adopt(ep->state, ep->listener) < 0 ?
	    endpoint_error(ep, "listen") : STATUS_OK;
}

/** Addresses are not checked: only bind(2) can tell whether one is free. */
static enum status
listen_look(struct endpoint *ep, struct look *look)
{
	enum status status = allow_check(ep->options->allow, ep->name,
	    ALLOW_ADDRESS);

	look->way = "sent to the first peer that connects";
	if (status != STATUS_OK)
		return status;
	return ep->listener >= 0 ? listen_check_adopted(ep) :
	    congestion_check(ep);
}

static enum status
listen_open(struct endpoint *ep)
{
	enum status status = allow_check(ep->options->allow, ep->name,
	    ALLOW_ADDRESS);

	if (status != STATUS_OK)
		return status;
	ep->state = calloc(1, sizeof(struct listeners));
	if (ep->state == NULL)
		return endpoint_error(ep, "listen");
	status = ep->listener >= 0 ? listen_adopt(ep) : listen_bind(ep);
	if (status == STATUS_OK)
		listen_announce(ep);
	return status;
}

const struct endpoint_type endpoint_listen = {
	.name = "listen",
	.traits = ENDPOINT_NETWORK | ENDPOINT_LISTENS,
	.offers = NEED_SOCKET | NEED_TCP | NEED_LISTEN,
	.look = listen_look,
	.open = listen_open,
	.ready = listeners_ready,
	.begin = socket_begin,
	.finish = socket_finish,
	.await = socket_await,
	.commit = socket_commit,
	.abort = listeners_abort,
};
