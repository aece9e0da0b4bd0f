/*
 * What came of a job with several sinks.
 */
#ifndef ENGINE_TOTAL_H
#define ENGINE_TOTAL_H

#include "job.h"

/** Sum up the results of the sinks in job->total. */
void total_sum_up(struct zc_job *);

/** If the sinks read the source at positions of their own, leave its own
 * position where a single sink would: behind what all of them have got. */
void total_leave_position(const struct zc_job *);

#endif
