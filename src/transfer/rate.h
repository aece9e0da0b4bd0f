/*
 * A token bucket, for --rate: it fills at that rate, and each byte that is
 * moved costs a token.
 *
 * It is empty at first, and holds what comes in about a tenth of a second: what
 * a busy machine misses by waking us late is made up for, but a long pause
 * (SIGSTOP, a peer that is slow) is not followed by a large burst.
 */
#ifndef TRANSFER_RATE_H
#define TRANSFER_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
	int64_t limit;			/* bytes a second */
	int64_t block;			/* allow whole blocks of this size */
	int64_t step;			/* bytes to wait for */
	int64_t empty;			/* when the bucket was; clock_now() */
	int64_t moved;			/* bytes since then */
	bool waits;			/* for a step */
};

/** Begin with an empty bucket.  `limit` is more than 0.  `block` is a power of
 * two: 1, or more for ends that take whole blocks only. */
void rate_begin(struct rate *, int64_t limit, int64_t block);

/** Return how many of `bytes` (more than 0) may be moved now; or return 0 and
 * set *until to the time, on clock_now(), at which to ask again. */
int64_t rate_allow(struct rate *, int64_t bytes, int64_t *until);

/** Count bytes that were moved, even if they are more than were allowed: then
 * it takes longer until others are. */
void rate_count(struct rate *, int64_t bytes);

#endif
