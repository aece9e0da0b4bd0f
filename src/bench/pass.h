/*
 * A pass: one transfer, as zcopy makes it, and what it took.
 */
#ifndef BENCH_PASS_H
#define BENCH_PASS_H

#include "../base/status.h"
#include "../zcopy.h"
#include "route.h"

enum { CPU_BYTES = 64 * 1024 };	/* the unit for which CPU time is counted */

/** What is measured of it; the far ends are not. */
struct sample {
	double bytes_per_second;	/* until it is confirmed */
	double cpu;			/* microseconds for CPU_BYTES */
	double calls;			/* of the system, for a GiB */
};

struct pass {
	int64_t bytes;
	unsigned suited;		/* bit 1 << method: policy admits it */
	enum zc_method used;		/* the last that moved data; ZC_AUTO: no
					   data */
	char congestion[16];		/* control of a TCP DEST; else "" */
	int refused;			/* errno by which the kernel refused
					   the named method, or 0 */
	struct sample sample;
};

/**
 * Move route's data by this method; ZC_AUTO: by any.  A regular DEST that
 * would be replaced stays as it is.  A method that is refused is no failure.
 * STATUS_OK, or what zcopy is to exit with, once printed.
 */
enum status pass_run(struct pass *, const struct route *, enum zc_method);

#endif
