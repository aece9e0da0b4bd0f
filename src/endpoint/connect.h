/*
 * Connecting to whichever address of a host answers first.
 */
#ifndef CONNECT_H
#define CONNECT_H

#include <netdb.h>
#include <stddef.h>

#include "endpoint.h"

/**
 * Race them: RFC 8305, a new attempt every 250 ms or when one has failed, the
 * families in turn.  A connected socket, non-blocking and armed; or -1 with
 * errno, and in `tried` each address and its reason.
 */
int connect_race(const struct endpoint *, const struct addrinfo *,
    char *tried, size_t size);

#endif
