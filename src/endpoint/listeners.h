/*
 * Sockets that wait for connections: the first to come to any of them.  They
 * are what the state of both types of listeners begins with.
 */
#ifndef LISTENERS_H
#define LISTENERS_H

#include <poll.h>
#include <sys/socket.h>

#include "../base/status.h"
#include "endpoint.h"

enum { LISTENERS_MAX = 8 };

struct listeners {
	nfds_t count;
	struct pollfd polled[LISTENERS_MAX];
};

/** Bind and listen, as the options say.  0, or -1 with errno and *doing, what
 * failed. */
int listeners_add(struct listeners *, const struct endpoint *,
    const struct sockaddr *, socklen_t, const char **doing);

/** Return 0 if `fd` is a stream socket that listens already, or -1 with errno:
 * EINVAL if it is another socket. */
int listeners_check(int fd);

/** Accept from a copy of such a socket.  Return 0, or -1 with errno. */
int listeners_adopt(struct listeners *, int fd);

/** The next connection that --allow lets in, armed, or -1 with errno.  The
 * others are closed unread. */
int listeners_next(struct listeners *, const struct endpoint *,
    struct sockaddr_storage *peer, socklen_t *length);

/** Hook's work: wait for a connection, make it ep->fd, close the others. */
enum status listeners_accept(struct listeners *, struct endpoint *ep);

void listeners_close(struct listeners *);

#endif
