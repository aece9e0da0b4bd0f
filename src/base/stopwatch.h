/*
 * Time that has passed, whatever becomes of the time of day.
 */
#ifndef BASE_STOPWATCH_H
#define BASE_STOPWATCH_H

#include <time.h>

void stopwatch_start(struct timespec *began);
double stopwatch_seconds(const struct timespec *began);

#endif
