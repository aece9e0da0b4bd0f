/*
 * The results of a benchmark, and the formats in which they are printed.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>
#include <sys/utsname.h>

#include "figures.h"
#include "limit.h"

struct report {
	const struct routes *routes;
	struct record record[ROUTES_MAX];
	size_t count;
	size_t rounds;			/* asked for */
	int64_t bytes;			/* of a pass */
	struct utsname system;		/* uname(2) */
	char congestion[16];		/* congestion control of the last TCP
					   connection; "": there was none */
	bool quiet, interrupted;
	bool begun;			/* at least one pass was made */
	struct limit limit;
};

/** Print a table to read; its last line names the bottleneck. */
void table_print(FILE *, const struct report *);

/** Print one JSON object on one line. */
void json_print(FILE *, const struct report *);

/** Print CSV (RFC 4180), a line for each method of each route. */
void csv_print(FILE *, const struct report *);

#endif
