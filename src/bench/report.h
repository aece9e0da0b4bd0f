/*
 * A benchmark that has been run, and the shapes it is shown in.
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
	struct utsname system;		/* by uname(2) */
	char congestion[16];		/* control of the last TCP connection;
					   "": there was none */
	bool quiet, interrupted;
	bool begun;			/* a pass has been made */
	struct limit limit;
};

/** For people; its last line is the answer. */
void table_print(FILE *, const struct report *);

/** One object, on one line. */
void json_print(FILE *, const struct report *);

/** RFC 4180, a line for each method of each route. */
void csv_print(FILE *, const struct report *);

#endif
