/*
 * --benchmark: measure each method on each route, and name the bottleneck.
 */
#ifndef BENCH_H
#define BENCH_H

#include "../base/status.h"
#include "../base/options.h"

/** Measure and print.  After a signal or an error, print the results so far.
 * Return the exit status. */
enum status bench(const struct options *);

#endif
