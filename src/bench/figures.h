/*
 * The samples of all passes, and the numbers of a report made from them.
 */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../zcopy.h"
#include "route.h"

struct spread {
	double median, min, max;
};

/** Return the spread of at least one value.  Sorts the values. */
struct spread spread_of(double *values, size_t count);

/** The samples of one method on a route, round by round. */
struct series {
	enum zc_method method;
	bool automatic;			/* auto chooses it */
	int refused;			/* errno, or 0 */
	double seconds;			/* of the last pass, or 0 */
	size_t rounds;			/* length of these arrays: */
	double *bytes_per_second, *cpu, *calls;
};

/** The samples of all methods on a route. */
struct record {
	const struct route *route;
	int64_t bytes;			/* of a pass */
	double seconds;			/* of the first pass, which had auto */
	bool warmed_up;			/* by a round that does not count */
	size_t rounds;			/* that were made, and count */
	size_t count;
	struct series series[ZC_METHODS];
};

/** Ratios are to read-write: 2 is twice as fast, 0.5 half the CPU; 0 where it
 * was not measured. */
struct figures {
	struct spread bytes_per_second;
	double cpu;			/* microseconds per CPU_BYTES */
	double calls;			/* per GiB */
	double speed_ratio, cpu_ratio;
};

/** Return the figures of series[i], which has at least one round.  Sorts the
 * samples. */
struct figures figures_of(struct record *, size_t i);

/** Return the speeds of the method whose median is the best, or 0 if none was
 * measured.  Sorts the samples. */
struct spread figures_best(struct record *);

/** True if any method has been measured or refused, and so has a row in a
 * report. */
bool record_has_rows(const struct record *);

#endif
