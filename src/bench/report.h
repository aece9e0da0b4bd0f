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
	size_t rounds;			/* requested */
	double max_time;		/* --max-time, seconds; -1 without */
	int64_t began;			/* clock_now() at the start */
	bool cut;			/* --max-time left out rounds */
	int64_t bytes;			/* of a pass */
	struct utsname system;		/* uname(2) */
	char congestion[16];		/* congestion control of the last TCP
					   connection; "": there was none */
	bool quiet, interrupted;
	bool begun;			/* at least one pass was made */
	struct limit limit;
};

/*
 * Sort the report's samples, and print the report.  Return STATUS_OK; on
 * failure, print the reason and return the exit status.  The caller checks for
 * write errors (output_flush()).
 */

/** A table for people; its last line names the bottleneck. */
enum status table_print(FILE *, struct report *);

/** One JSON object on one line. */
enum status json_print(FILE *, struct report *);

/** CSV (RFC 4180), a line for each method of each route. */
enum status csv_print(FILE *, struct report *);

#endif
