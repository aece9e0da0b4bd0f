/*
 * The clock: CLOCK_MONOTONIC, which setting the time of day does not change.
 * Header only: the engine includes it, but links nothing of base/.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/** Return the time in nanoseconds since some moment before the start. */
static inline int64_t
clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/** Return the seconds since `began`, which clock_now() returned. */
static inline double
clock_seconds_since(int64_t began)
{
	return (double)(clock_now() - began) / 1e9;
}

#endif
