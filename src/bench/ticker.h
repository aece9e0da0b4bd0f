/*
 * The benchmark's progress, on standard error: on a terminal one line that is
 * redrawn, else one line for each route; before them, how long it will take;
 * and nothing with -q.
 */
#ifndef BENCH_TICKER_H
#define BENCH_TICKER_H

#include <stddef.h>

#include "report.h"

/** Say how long all routes will take. */
void ticker_estimate(const struct report *);

/** Say that this route is measured next. */
void ticker_begin(const struct report *, const struct record *);

/** Redraw the line: `method` is next in this round, and so much time is left.
 * Round 0 warms up. */
void ticker_show(const struct report *, const struct record *, size_t round,
    enum zc_method method);

/** Erase the line. */
void ticker_clear(const struct report *);

#endif
