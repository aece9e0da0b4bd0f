/*
 * A pass: one transfer, made by zcopy's own code, and what it cost.
 */
#ifndef BENCH_PASS_H
#define BENCH_PASS_H

#include "../base/status.h"
#include "../zcopy.h"
#include "route.h"

/* The bytes for which CPU time is reported.  (JSON and CSV call these bytes a
 * pass; in this code, a pass is a transfer.) */
enum { CPU_BYTES = 64 * 1024 };

/** What a pass cost this process; far ends are not counted. */
struct sample {
	double bytes_per_second;	/* until DEST has confirmed all data */
	double cpu;			/* microseconds per CPU_BYTES */
	double calls;			/* system calls per GiB */
};

struct pass {
	int64_t bytes;
	unsigned suited;		/* methods that the policy allows, each
					   the bit 1 << method */
	enum zc_method used;		/* the last one that moved data; ZC_AUTO
					   if there was no data */
	char congestion[16];		/* TCP_CA_NAME_MAX; "": no TCP socket */
	int refused;			/* errno by which the kernel refused
					   the named method, or 0 */
	struct sample sample;
};

/**
 * Move the route's data by this method; ZC_AUTO: by any.  Do not replace a
 * regular DEST.  Return STATUS_OK, also if the kernel refuses the method; then
 * set `refused`.  On any other failure, print the reason and return the exit
 * status.
 */
enum status pass_run(struct pass *, const struct route *, enum zc_method);

#endif
