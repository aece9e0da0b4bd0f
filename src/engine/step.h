/*
 * What one step of a method came to.
 */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "../zcopy.h"

enum outcome {
	STEP_MOVED,	/* `moved` bytes went on; 0: a signal cut it short */
	STEP_ENDED,	/* the source has no more, as far as this method sees */
	STEP_UNSUITED,	/* this method cannot go on here, for `error`; nothing
			   was lost, and another continues at the same byte */
	STEP_BLOCKED,	/* `side` is not ready */
	STEP_WOULD_WAIT,/* only the disk could go on (ZC_NODISKIO) */
	STEP_FAILED,	/* `side`, for `error`: no method can mend it */
};

struct step {
	enum outcome outcome;
	enum zc_side side;
	int error;
	int64_t moved;
	bool cut;	/* less than was asked for */
};

static inline struct step
step_moved(int64_t moved)
{
	return (struct step){ .outcome = STEP_MOVED, .moved = moved };
}

static inline struct step
step_moved_of(int64_t moved, int64_t asked)
{
	return (struct step){ .outcome = STEP_MOVED, .moved = moved,
		.cut = moved < asked };
}

static inline struct step
step_ended(void)
{
	return (struct step){ .outcome = STEP_ENDED };
}

static inline struct step
step_unsuited(int error)
{
	return (struct step){ .outcome = STEP_UNSUITED, .error = error };
}

static inline struct step
step_blocked(enum zc_side side)
{
	return (struct step){ .outcome = STEP_BLOCKED, .side = side };
}

static inline struct step
step_would_wait(void)
{
	return (struct step){ .outcome = STEP_WOULD_WAIT };
}

static inline struct step
step_failed(enum zc_side side, int error)
{
	return (struct step){ .outcome = STEP_FAILED, .side = side,
		.error = error };
}

/** There is no room in the sink, whichever the method. */
static inline bool
step_error_is_full(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/** The other end of a pipe or a connection is gone. */
static inline bool
step_error_is_gone(int error)
{
	return error == EPIPE || error == ECONNRESET || error == ENOTCONN ||
	    error == ETIMEDOUT;
}

#endif
