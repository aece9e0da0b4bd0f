/*
 * How long the benchmark takes, and how much of it fits in --max-time.
 *
 * All of this is arithmetic with the times of passes that have been made.
 * Times are in nanoseconds of clock_now(), durations in seconds.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"

/** Return how long one round on this route takes: the sum of the last pass of
 * each method, or of the first pass on the route, for a method that has made
 * none. */
double plan_round(const struct record *);

/** Return how long the benchmark goes on from this round of report->record[i],
 * with 0 to warm up: until all rounds are made, or --max-time ends and each
 * route has had a round. */
double plan_left(const struct report *, size_t i, size_t round, int64_t now);

/** Return when report->record[i], which is next, has used up its share of
 * --max-time; INT64_MAX without --max-time.  Routes share by what a round
 * costs. */
int64_t plan_until(const struct report *, size_t i, int64_t now);

/** True if so many rounds on this route end before `until`. */
bool plan_fits(const struct record *, size_t rounds, int64_t now,
    int64_t until);

/** Write "about 40 s". */
void plan_words(char *to, size_t size, double seconds);

#endif
