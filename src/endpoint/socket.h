/*
 * What all our own stream sockets do.  Until all is well, to close one, by
 * kill -9 too, resets the TCP connection: nobody takes half a stream for a
 * whole one.  On unix sockets that cannot be had; the peer sees an end of file.
 */
#ifndef SOCKET_H
#define SOCKET_H

#include "endpoint.h"

/** From now on, close means reset.  Harmless on unix sockets. */
void socket_arm(int fd);

/** What happened to the connection meanwhile: it is told once, and a read
 * would then find nothing but an end of file.  0, or -1 with errno. */
int socket_error(int fd);

/** Hook: half-close, read to the peer's end, close in order. */
enum status socket_commit(struct endpoint *);

#endif
