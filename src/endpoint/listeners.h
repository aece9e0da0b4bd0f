/*
 * Sockets that wait for one connection: the first to come to any of them.
 */
#ifndef LISTENERS_H
#define LISTENERS_H

#include <poll.h>
#include <sys/socket.h>

#include "endpoint.h"

enum { LISTENERS_MAX = 8 };

struct listeners {
	nfds_t count;
	struct pollfd polled[LISTENERS_MAX];
};

/** Bind and listen.  0, or -1 with errno and *doing, what failed. */
int listeners_add(struct listeners *, const struct sockaddr *, socklen_t,
    const char **doing);

/** Hook's work: wait for a connection, make it ep->fd, close the others. */
enum status listeners_accept(struct listeners *, struct endpoint *ep);

void listeners_close(struct listeners *);

#endif
