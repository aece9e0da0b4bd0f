#include "config.h"

#include "stopwatch.h"

#include <sys/time.h>

void
stopwatch_start(struct timespec *began)
{
	clock_gettime(CLOCK_MONOTONIC, began);
}

double
stopwatch_seconds(const struct timespec *began)
{
	struct timespec passed;

	stopwatch_start(&passed);
	timespecsub(&passed, began, &passed);
	return (double)passed.tv_sec + (double)passed.tv_nsec / 1e9;
}
