/*
 * Keep sinks that read the source at positions of their own close to each
 * other: what one has read is in the page cache for the next one, so the disk
 * is read once.  Count how much time the job spends on each sink.
 */
#ifndef ENGINE_PACE_H
#define ENGINE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "job.h"
#include "motion.h"

/** Return how many bytes a sink that reads by itself may take in one turn. */
int64_t pace_step(struct zc_job *);

/** Return the limit of supply->taken: a sink that has taken more is so far
 * ahead of the slowest one that it must wait.  INT64_MAX: no limit. */
int64_t pace_limit(struct zc_job *);

/** Return how many bytes the sink is behind the one that has taken most.  The
 * request's `allow` has allowed these already. */
int64_t pace_behind(struct zc_job *, const struct sink *);

/** Return clock_now(), or 0 if there is only one sink: then the functions below
 * count nothing. */
int64_t pace_now(const struct zc_job *);

/** Count the time since `began` for the sink, or for the source if the step
 * only took bytes from it. */
void pace_count_step(struct zc_job *, struct sink *, enum motion,
    int64_t began);

/** The job has waited since `began`: count that for each end that it waited
 * for. */
void pace_count_wait(struct zc_job *, int64_t began);

#endif
