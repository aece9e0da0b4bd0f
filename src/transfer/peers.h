/*
 * Wait for the ends while data moves, and watch the peers of destinations: what
 * they send is read and dropped, because a peer that is blocked in sending to
 * us may not read what we send; and those that are gone are dropped.
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
	size_t count;			/* 0: to a plain descriptor */
};

/** True if a destination may be gone while nothing is written, so that
 * peers_check() is to be called from time to time. */
bool peers_exist(const struct sinks *);

/** Drop each destination whose peer has reset the connection, or whose command
 * has closed its standard input.  While SOURCE is silent nothing is written, so
 * no call would report it. */
void peers_check(const struct sinks *);

/** Wait until one of the descriptors is ready or has failed, or one's time
 * `until` has come, as zc_request.wait() is to do.  Count calls of poll(2) in
 * *calls.  Return 0, or -1 with errno: EINTR also if a signal ends us. */
int peers_wait(const struct sinks *, const struct zc_wait *, size_t count,
    int64_t *calls);

#endif
