/*
 * Where the benchmark is, on standard error: one line that is drawn again on
 * a terminal, else one for each route; none with -q.
 */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stddef.h>

#include "report.h"

/** That one is next. */
void progress_begin(const struct report *, const struct record *);

/** Round 0 is the one to warm up; `method` is next. */
void progress_show(const struct report *, const struct record *, size_t round,
    enum zc_method method);

/** Leave nothing of it on a terminal. */
void progress_clear(const struct report *);

#endif
