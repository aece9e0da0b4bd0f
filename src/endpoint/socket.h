/*
 * Stream sockets.  Until the transfer has succeeded, closing one resets the TCP
 * connection, also if kill -9 closes it, so that the peer does not take half a
 * stream for a whole one.  Unix sockets and vsock have no reset: the peer sees
 * EOF.
 */
#ifndef SOCKET_H
#define SOCKET_H

#include <sys/socket.h>

#include "../base/status.h"
#include "../system/socket-queue.h"	/* socket_queue() */
#include "endpoint.h"

/** Return the address family of a socket, or AF_UNSPEC if `fd` is none. */
int socket_family(int fd);

/** True for AF_INET and AF_INET6. */
bool socket_is_inet(int family);

/**
 * Have close(2) reset the connection from now on; do nothing for a family that
 * knows no reset (AF_UNIX, AF_VSOCK).  Return 0, or -1 with errno: then do not
 * use the socket, because the peer would take a failure of ours for the end of
 * the data.
 */
int socket_arm(int fd, int family);

/** Have close(2) end the connection in order (FIN) from now on. */
void socket_disarm(int fd);

/** Fetch and clear the connection's error (SO_ERROR).  Return 0, or -1 with
 * that errno.  A read(2) afterwards does not report it, but returns 0. */
int socket_error(int fd);

/** Fetch both addresses, padded with zeros.  Return 0, or -1 with errno. */
int socket_ends(int fd, struct sockaddr_storage *here,
    struct sockaddr_storage *there);

/** Prepare ep->fd, which is connected.  This ends the ready hooks. */
enum status socket_ready(struct endpoint *);

/** Read and drop what has arrived.  Return 1 if the peer has closed, 0 if it
 * has not, or -1 with errno if the connection has failed. */
int socket_drop(int fd);

/** Hook: the first byte is next. */
enum status socket_begin(struct endpoint *);

/** Return how many bytes the kernel of a TCP peer has acknowledged since
 * socket_begin() (our FIN counts as one); -1 if unknown. */
int64_t socket_acknowledged(const struct endpoint *);

/** The finish hook: half-close.  Fail if the peer had closed before, and
 * --confirm=close asks it to close after us. */
enum status socket_finish(struct endpoint *);

/** The await hook: wait for what --confirm says, and set ep->confirmed. */
enum status socket_await(struct endpoint *, int milliseconds);

/** The commit hook: have close(2) end the connection in order. */
enum status socket_commit(struct endpoint *);

#endif
