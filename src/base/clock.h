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

/** Return a time in nanoseconds, or a moment, as system calls take it. */
static inline struct timespec
clock_timespec(int64_t nanoseconds)
{
	return (struct timespec){
		.tv_sec = (time_t)(nanoseconds / 1000000000),
		.tv_nsec = (long)(nanoseconds % 1000000000) };
}

/** Return how long it is until then, in nanoseconds; not less than 0. */
static inline int64_t
clock_left(int64_t until)
{
	const int64_t left = until - clock_now();

	return left > 0 ? left : 0;
}

/** Return the seconds since `began`, which clock_now() returned. */
static inline double
clock_seconds_since(int64_t began)
{
	return (double)(clock_now() - began) / 1e9;
}

#endif
