/*
 * A motion: what the next step of a sink moves, from where to where.
 *
 * The header goes first, bytes taken are given before more are taken, and the
 * trailer goes last.
 */
#ifndef ENGINE_MOTION_H
#define ENGINE_MOTION_H

#include "sink.h"

enum motion {
	HEAD,		/* header -> sink */
	TAKE,		/* source -> store */
	GIVE,		/* store -> sink */
	THROUGH,	/* source -> sink, in one call */
	SKIP,		/* hole of the source -> zeros of the sink */
	BLANK,		/* zeros in a store -> zeros of the sink */
	TAIL,		/* trailer -> sink */
	FINISH,		/* the end of the data, or of a range, -> functions of
			   the caller (zc_io.finish, zc_io.flush); or a hole at
			   the end -> the size of the file */
};

static inline bool
motion_takes(enum motion motion)
{
	return motion == TAKE || motion == THROUGH || motion == SKIP;
}

/** Return the sink's next motion. */
enum motion motion_next(const struct sink *);

/** Return SKIP or BLANK in place of this motion if zeros come next that need
 * not be read, or not be written. */
enum motion motion_over_zeros(struct sink *, enum motion);

/** Return the method that makes this motion: ZC_AUTO for those that need
 * none. */
enum zc_method motion_method(const struct sink *, enum motion);

/** Make one step of this motion, by one call of a method or store. */
struct step motion_step(struct sink *, enum motion, const struct call *);

/** Count the bytes that a step moved. */
void motion_count(struct sink *, enum motion, const struct step *);

#endif
