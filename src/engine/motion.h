/*
 * A motion: what the next step of a job moves, from where to where.
 *
 * The header goes first, bytes taken are given before more are taken, and the
 * trailer goes last.
 */
#ifndef ENGINE_MOTION_H
#define ENGINE_MOTION_H

#include "job.h"

enum motion {
	HEAD,		/* header -> sink */
	TAKE,		/* source -> store */
	GIVE,		/* store -> sink */
	THROUGH,	/* source -> sink, in one call */
	TAIL,		/* trailer -> sink */
};

static inline bool
motion_takes(enum motion motion)
{
	return motion == TAKE || motion == THROUGH;
}

/** Return the plan's candidate, or its last one when none is left. */
enum zc_method job_method(const struct zc_job *);

/** True once no byte of data is left to take or to give. */
bool job_data_is_out(const struct zc_job *);

/** Return the next motion. */
enum motion job_motion(const struct zc_job *);

/** Return the method that makes this motion: ZC_AUTO for a header or trailer,
 * which need none. */
enum zc_method job_motion_method(const struct zc_job *, enum motion);

/** Make one step of this motion, by one call of a method. */
struct step job_step(struct zc_job *, enum motion);

/** Count the bytes that a step moved. */
void job_count(struct zc_job *, enum motion, int64_t moved);

#endif
