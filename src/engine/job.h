/*
 * One transfer under way: sinks, and what supplies them.
 */
#ifndef ENGINE_JOB_H
#define ENGINE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "../zcopy.h"
#include "motion.h"
#include "sink.h"
#include "supply.h"

struct zc_job {
	struct zc_request request;
	unsigned splice_flags;		/* of zc_splice() */
	bool started;
	bool keeps;			/* another range will follow */
	bool settled;			/* zc_job_end() was called */
	bool moves;			/* the source's position is to be moved
					   behind what all sinks have got */
	int64_t from;			/* that position before */
	struct stall stall;		/* when nothing has moved anywhere */
	size_t turn;			/* the sink whose turn it is */
	bool drops;			/* zc_job_drop() was called */
	int64_t looked;			/* bytes of the range that the request's
					   `look` has seen */
	int64_t spent;			/* nanoseconds, on the source alone */
	int64_t paused;			/* when the caller began to wait, or
					   0 */
	struct supply *supply;		/* array: one for each sink, or one that
					   they share */
	size_t supply_count;
	struct zc_wait *waits;		/* array, for one wait */
	struct zc_result total;		/* of several sinks */
	size_t sink_count;
	struct sink sink[];
};

/** True if the caller's result (NULL: it wants none) can be filled in. */
bool job_result_fits(const struct zc_result *);

/** Plan, and begin with the first method. */
void job_start(struct zc_job *);

/** Run the job to its end, as zc_transfer() does, and free it.  Return 0, or -1
 * with errno. */
int job_transfer(struct zc_job *, struct zc_result *);

#endif
