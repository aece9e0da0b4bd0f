/*
 * What all our own stream sockets do.  Until all is well, to close one, by
 * kill -9 too, resets the TCP connection: nobody takes half a stream for a
 * whole one.  On unix sockets that cannot be had; the peer sees an end of file.
 */
#ifndef SOCKET_H
#define SOCKET_H

#include <sys/socket.h>

#include "../base/status.h"
#include "endpoint.h"

/**
 * Have close(2) reset the connection from now on; do nothing for AF_UNIX, which
 * knows no reset.  Return 0, or -1 with errno: then do not use the socket,
 * because the peer would take a failure of ours for the end of the data.
 */
int socket_arm(int fd, int family);

/** All is well: close means an end in order. */
void socket_disarm(int fd);

/** What happened to the connection meanwhile: it is told once, and a read
 * would then find nothing but an end of file.  0, or -1 with errno. */
int socket_error(int fd);

/** Both its addresses, with zeros behind them.  0, or -1 with errno. */
int socket_ends(int fd, struct sockaddr_storage *here,
    struct sockaddr_storage *there);

/** Hook's work: fd is connected. */
enum status socket_ready(struct endpoint *);

/** Read and drop what has come.  1: the peer has closed, 0: it has not, -1
 * with errno: the connection failed. */
int socket_drop(int fd);

/** Return how many bytes the peer's kernel has not acknowledged, or -1 with
 * errno (ENOTTY: `fd` is no socket). */
int socket_queue(int fd);

/** Hook: the first byte is next. */
enum status socket_begin(struct endpoint *);

/** How many bytes since then the kernel of a TCP peer has acknowledged (our
 * end counts as one, once it was sent); -1: no telling. */
int64_t socket_acknowledged(const struct endpoint *);

/** Hook: half-close, await what --confirm says, close in order. */
enum status socket_commit(struct endpoint *);

#endif
