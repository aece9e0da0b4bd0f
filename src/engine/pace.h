/*
 * Pace: sinks that read the source at positions of their own stay close to each
 * other, so that what one has read is in the page cache for the next one, and
 * the disk is read once.  And which sink the job spends its time on.
 */
#ifndef ENGINE_PACE_H
#define ENGINE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "job.h"
#include "motion.h"

/** Return how many bytes a sink takes in its turn. */
int64_t pace_step(struct zc_job *);

/** Return up to how many bytes taken a sink may take more: otherwise it is so
 * far ahead of the slowest one that it must wait for it. */
int64_t pace_limit(struct zc_job *);

/** Return how many of the next bytes another sink has taken already: they are
 * not read from the disk again, and `allow` has allowed them. */
int64_t pace_behind(struct zc_job *, const struct sink *);

/** Return the time if it is to be counted, or 0. */
int64_t pace_now(const struct zc_job *);

/** Count the time since `began`, which a step took. */
void pace_count_step(struct zc_job *, struct sink *, enum motion,
    int64_t began);

/** Count the time since `began`, in which the job waited. */
void pace_count_wait(struct zc_job *, int64_t began);

#endif
