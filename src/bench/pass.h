/*
 * A pass: one transfer, made by zcopy's own code, and what it cost.
 */
#ifndef BENCH_PASS_H
#define BENCH_PASS_H

#include "../base/status.h"
#include "../zcopy.h"
#include "route.h"

enum { CPU_BYTES = 64 * 1024 };	/* CPU time is given for so many */

/** What this process took; far ends are not measured. */
struct sample {
	double bytes_per_second;	/* with the confirmation */
	double cpu;			/* microseconds for CPU_BYTES */
	double calls;			/* system calls for a GiB */
};

struct pass {
	int64_t bytes;
	unsigned suited;		/* 1 << method: policy allows it */
	enum zc_method used;		/* the last that moved data; ZC_AUTO: no
					   data */
	char congestion[16];		/* TCP_CA_NAME_MAX; "": no TCP socket */
	int refused;			/* errno by which the kernel refused
					   the named method, or 0 */
	struct sample sample;
};

/**
 * Move the route's data by this method; ZC_AUTO: by any.  Do not replace a
 * regular DEST.  If the kernel refuses the method, set `refused` and return
 * STATUS_OK.  Return another status to exit with once the reason is printed.
 */
enum status pass_run(struct pass *, const struct route *, enum zc_method);

#endif
