/*
 * From what each pass took to the numbers of a report.
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

/** Of at least one value; sorts them. */
struct spread spread_of(double *values, size_t count);

/** What one method did on a route, round by round. */
struct series {
	enum zc_method method;
	bool automatic;			/* auto takes it */
	int refused;			/* errno, or 0 */
	size_t rounds;			/* so many of each of these: */
	double *bytes_per_second, *cpu, *calls;
};

/** What all did. */
struct record {
	const struct route *route;
	int64_t bytes;			/* of a pass */
	size_t count;
	struct series series[ZC_METHODS];
};

/** Ratios are to read-write: 2 is twice as fast, 0.5 half the CPU; 0 where it
 * was not measured. */
struct figures {
	struct spread bytes_per_second;
	double cpu;			/* microseconds for CPU_BYTES */
	double calls;			/* for a GiB */
	double speed_ratio, cpu_ratio;
};

/** Of series[i], which has at least one round. */
struct figures figures_of(const struct record *, size_t i);

/** Has any method been measured, or been refused? */
bool figures_exist(const struct record *);

/** The best of the medians, or 0. */
double figures_best(const struct record *);

#endif
