/*
 * Wait for the ends while data moves, and watch the peers of destinations.
 * Read and drop what they send, because a peer that is blocked in sending to us
 * may not read what we send.  Drop destinations whose peer is gone.
 */
#ifndef TRANSFER_PEERS_H
#define TRANSFER_PEERS_H

#include <stddef.h>

#include "../zcopy.h"
#include "ends.h"

/** The destinations by the numbers of the engine. */
struct sinks {
	struct zc_job *job;
	struct dest *dest[DESTS_MAX];
	size_t count;			/* 0: the only sink is a plain
					   descriptor */
};

/** True if the peer of a destination may go away while nothing is written to
 * it, so that peers_check() must be called from time to time. */
bool peers_exist(const struct sinks *);

/** Drop each destination whose peer has reset the connection, or whose command
 * has closed its standard input.  While SOURCE is silent nothing is written, so
 * no call would report it. */
void peers_check(const struct sinks *);

/** Do what zc_request.wait() must: wait until a descriptor is ready or has
 * failed, or until the first of the times `until`; also return when a
 * destination was dropped, or when `bell` (-1: none) can be read.  Add the
 * calls of poll(2) to *calls.  Return 0, or -1 with errno: EINTR also if a
 * signal ends us. */
int peers_wait(const struct sinks *, const struct zc_wait *, size_t count,
    int bell, int64_t *calls);

#endif
