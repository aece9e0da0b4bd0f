/*
 * Listening sockets.  The first connection to any of them is the one we take.
 * The state of both listening endpoint types begins with struct listeners.
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

/** Bind and listen, as the options say.  Return 0, or -1 with errno and *doing
 * set to the step that failed. */
int listeners_add(struct listeners *, const struct endpoint *,
    const struct sockaddr *, socklen_t, const char **doing);

/** Return the length of the address on which this socket listens, at *bound; 0
 * if it cannot be found out: then print that we listen.  A seccomp filter may
 * refuse getsockname(2). */
socklen_t listeners_bound(const struct endpoint *, int fd,
    struct sockaddr_storage *bound);

/** Return 0 if `fd` is a stream socket that listens already, or -1 with errno:
 * EINVAL if it is another socket. */
int listeners_check(int fd);

/** Accept from a copy of such a socket.  Return 0, or -1 with errno. */
int listeners_adopt(struct listeners *, int fd);

/** Return the next connection that --allow accepts, armed (socket_arm()), or -1
 * with errno.  Close others without reading. */
int listeners_next(struct listeners *, struct endpoint *,
    struct sockaddr_storage *peer, socklen_t *length);

/** Wait for a connection and make it ep->fd, then stop listening. */
enum status listeners_accept(struct listeners *, struct endpoint *ep);

/** Close all listening sockets. */
void listeners_close(struct listeners *);

/** The ready and abort hooks of types whose state is struct listeners alone. */
enum status listeners_ready(struct endpoint *);
void listeners_abort(struct endpoint *);

#endif
