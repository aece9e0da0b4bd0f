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

/** Hook: half-close, read to the peer's end, close in order. */
enum status socket_commit(struct endpoint *);

#endif
