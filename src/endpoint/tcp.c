/*
 * TCP: connect to the first address that answers.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../diag.h"
#include "address.h"
#include "patience.h"
#include "socket.h"

/* connect(2) was interrupted, and goes on by itself. */
static int
tcp_await(int fd)
{
	struct pollfd polled = { .fd = fd, .events = POLLOUT };

	while (poll(&polled, 1, -1) < 0)
		if (!patience_left(PATIENCE_FIRST))
			return -1;
	return socket_error(fd);
}

static int
tcp_connect(const struct addrinfo *to)
{
	int fd, error;

	fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	socket_arm(fd);
	if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
		return fd;
	if (patience_left(PATIENCE_FIRST) && tcp_await(fd) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Add "[::1]:9: Connection refused". */
static void
tcp_note(char *tried, size_t size, const struct addrinfo *to)
{
	size_t length = strlen(tried);
	int error = errno;
	char address[ADDRESS_SIZE];

	address_format(address, to->ai_addr, to->ai_addrlen);
	snprintf(tried + length, size - length, "%s%s: %s",
	    length > 0 ? "; " : "", address, strerror(error));
	errno = error;
}

static enum status
tcp_open(struct endpoint *ep)
{
	struct addrinfo *list;
	enum status status = address_look_up(ep, ADDRESS_CONNECT, &list);

	if (status == STATUS_OK)
		ep->state = list;
	return status;
}

static enum status
tcp_ready(struct endpoint *ep)
{
	const struct addrinfo *first = ep->state;
	char tried[1024] = "";

	for (const struct addrinfo *to = first; to != NULL; to = to->ai_next) {
		ep->fd = tcp_connect(to);
		if (ep->fd >= 0)
			return STATUS_OK;
		if (errno == EINTR)	/* a signal ends us */
			break;
		tcp_note(tried, sizeof(tried), to);
	}
	if (errno == EINTR || first->ai_next == NULL)
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
	.network = true,
	.open = tcp_open,
	.ready = tcp_ready,
	.commit = socket_commit,
	.abort = tcp_abort,
};
