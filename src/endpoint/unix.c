/*
 * Unix stream sockets: connect to a path, or listen at one; or at a name of the
 * abstract namespace, unix(7).  That has no file and no permissions, and the
 * kernel removes it when the socket is closed.
 */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../base/gauge.h"
#include "../system/access.h"
#include "listeners.h"
#include "location.h"
#include "look.h"
#include "retry.h"
#include "socket.h"

struct unix_state {			/* of a listener */
	struct listeners listeners;
	bool bound;			/* there is a path to unlink */
	struct stat socket;		/* the path as we made it */
};

/** Make the address of ep->path or ep->abstract.  Return its length, or 0 with
 * errno. */
static socklen_t
unix_address(const struct endpoint *ep, struct sockaddr_un *address)
{
	const size_t before = offsetof(struct sockaddr_un, sun_path);
	/* An abstract name has a zero byte before it, and none behind. */
	const bool is_abstract = ep->abstract != NULL;
	const char *name = is_abstract ? ep->abstract : ep->path;
	const size_t length = strlen(name);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (length >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return 0;
	}
	memcpy(address->sun_path + is_abstract, name, length);
	return (socklen_t)(is_abstract ? before + 1 + length :
	    sizeof(*address));
}

static enum status
unix_open(struct endpoint *ep)
{
	struct sockaddr_un address;

	return unix_address(ep, &address) == 0 ?
	    endpoint_error(ep, "connect") : STATUS_OK;
}

static enum status
unix_look(struct endpoint *ep, struct look *look)
{
	look->way = "sent there, once connected";
	return unix_open(ep);
}

/** Return a connected socket, or -1 with errno. */
static int
unix_connect(struct endpoint *ep)
{
	struct sockaddr_un address;
	const socklen_t length = unix_address(ep, &address);
	int fd, result, error;

	if (length == 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	gauge_phase(PHASE_CONNECTING);
	deadline_begin(&ep->deadline, ep->options, DEADLINE_CONNECT);
	/* Unlike TCP, an interrupted connect(2) does not continue. */
	do {
		result = connect(fd, (struct sockaddr *)&address, length);
	} while (result < 0 && deadline_allows(&ep->deadline));
	if (result == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static enum status
unix_ready(struct endpoint *ep)
{
	struct retry retry = RETRY_INIT;

	do {
		ep->fd = unix_connect(ep);
	} while (ep->fd < 0 && retry_after(&retry, ep, strerror(errno)));
	return ep->fd < 0 ? endpoint_error(ep, "connect") : socket_ready(ep);
}

/** Remove the path if it is a socket of this user that nobody listens to.  A
 * zcopy that was killed leaves such a socket. */
static void
unix_remove_stale(const struct endpoint *ep, const struct sockaddr_un *address)
{
	struct stat st;
	int fd;

	if (ep->path == NULL || lstat(ep->path, &st) < 0 ||
	    !S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return;
	/* Probe with a datagram socket, so that no listener gets a connection:
	 * if a stream socket is bound to the path, connect(2) fails with
	 * EPROTOTYPE; if none is, with ECONNREFUSED. */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)address,
	    sizeof(*address)) < 0 && errno == ECONNREFUSED) {
		diag_verbose("%s: removed: nobody listens there", ep->name);
		unlink(ep->path);
	}
	close(fd);
}

static enum status
unix_listen_open(struct endpoint *ep)
{
	struct unix_state *state = calloc(1, sizeof(*state));
	const char *doing = "bind";
	struct sockaddr_un address;
	socklen_t length = unix_address(ep, &address);

	ep->state = state;
	if (length == 0 || state == NULL)
		return endpoint_error(ep, doing);
	unix_remove_stale(ep, &address);
	if (listeners_add(&state->listeners, ep,
	    (struct sockaddr *)&address, length, &doing) < 0)
		return endpoint_error(ep, doing);
	state->bound = ep->path != NULL && lstat(ep->path, &state->socket) == 0;
	diag_note("listening on %s", ep->name);
	return STATUS_OK;
}

/** Return 0, or -1 with the errno with which bind(2) would fail.  A socket of
 * this user may be stale, which only connecting to it would tell; whether an
 * abstract name is free, only bind(2). */
static int
unix_may_bind(const struct endpoint *ep)
{
	struct location location;
	struct stat st;
	int result;

	if (ep->abstract != NULL)
		return 0;
	if (lstat(ep->path, &st) == 0) {
		errno = EADDRINUSE;
		return S_ISSOCK(st.st_mode) && st.st_uid == geteuid() ? 0 : -1;
	}
	if (location_find(&location, ep->path) < 0)
		return -1;
	result = access_as_effective(location.dir, ".", W_OK | X_OK);
	location_close(&location);
	return result;
}

static enum status
unix_listen_look(struct endpoint *ep, struct look *look)
{
	struct sockaddr_un address;

	look->way = "sent to the first peer that connects";
	return unix_address(ep, &address) == 0 || unix_may_bind(ep) < 0 ?
	    endpoint_error(ep, "bind") : STATUS_OK;
}

/** Remove the path, if it is still the socket that we bound. */
static void
unix_unbind(const struct endpoint *ep, struct unix_state *state)
{
	struct stat now;

	if (state->bound && lstat(ep->path, &now) == 0 &&
	    endpoint_same_inode(&now, &state->socket) &&
	    unlink(ep->path) < 0)
		diag_note("%s: cannot remove the path: %s", ep->name,
		    strerror(errno));
	state->bound = false;
}

static enum status
unix_listen_ready(struct endpoint *ep)
{
	struct unix_state *state = ep->state;
	enum status status = listeners_accept(&state->listeners, ep);

	/* Nobody can connect any more, so others may have the path. */
	if (ep->fd >= 0)
		unix_unbind(ep, state);
	return status;
}

static void
unix_listen_abort(struct endpoint *ep)
{
	struct unix_state *state = ep->state;

	if (state == NULL)
		return;
	unix_unbind(ep, state);
	listeners_close(&state->listeners);
	free(state);
	ep->state = NULL;
}

const struct endpoint_type endpoint_unix = {
	.name = "unix",
	.traits = ENDPOINT_NETWORK,
	.offers = NEED_SOCKET | NEED_CONNECT,
	.look = unix_look,
	.open = unix_open,
	.ready = unix_ready,
	.finish = socket_finish,
	.await = socket_await,
	.commit = socket_commit,
};

const struct endpoint_type endpoint_unix_listen = {
	.name = "unix-listen",
	.traits = ENDPOINT_NETWORK | ENDPOINT_LISTENS,
	.offers = NEED_SOCKET,
	.look = unix_listen_look,
	.open = unix_listen_open,
	.ready = unix_listen_ready,
	.finish = socket_finish,
	.await = socket_await,
	.commit = socket_commit,
	.abort = unix_listen_abort,
};
