/*
 * Connect to the address of a host that answers first.
 */
#ifndef CONNECT_H
#define CONNECT_H

#include <netdb.h>
#include <stddef.h>

#include "endpoint.h"

/**
 * Try all addresses in parallel, as RFC 8305 describes: start an attempt every
 * 250 ms, or when one has failed, and alternate between the families.  Return a
 * connected socket, non-blocking and armed (socket_arm()); or -1 with errno,
 * and in `tried` each address with its error.
 */
int connect_race(struct endpoint *, const struct addrinfo *,
    char *tried, size_t size);

#endif
