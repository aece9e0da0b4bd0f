/*
 * --benchmark: each method on each route, by turns, and what is the limit.
 */
#ifndef BENCH_H
#define BENCH_H

#include "../base/status.h"
#include "../base/options.h"

/** Measure and print.  What zcopy is to exit with; after a signal, what there
 * is by then has been printed too. */
enum status bench(const struct options *);

#endif
