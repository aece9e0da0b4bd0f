/*
 * --retry, --retry-for: connect again after a pause.
 */
#ifndef RETRY_H
#define RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/clock.h"
#include "endpoint.h"

/** The attempts of one endpoint.  Begin with RETRY_INIT, just before the first
 * one. */
struct retry {
	int64_t began;			/* clock_now() */
	int failed;			/* attempts so far */
};

#define RETRY_INIT	(struct retry){ .began = clock_now() }

/**
 * True if another attempt is due, after one has failed with errno and `why`.
 * Wait before returning true: each pause is twice as long as the one before, up
 * to 8 s, with random jitter, so that many clients do not connect to one host
 * at the same moment.
 *
 * With --retry-for the last pause is cut, so that the last attempt begins when
 * that time has passed.  If both options are given, the one that is met first
 * ends the attempts.
 */
bool retry_after(struct retry *, struct endpoint *, const char *why);

#endif
