/*
 * A step: what one call of a method returned.
 */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "../zcopy.h"

enum outcome {
	STEP_MOVED,	/* `moved` bytes were moved; 0: EINTR */
	STEP_ENDED,	/* this method sees the end of the source, which
			   job_confirm() has yet to confirm */
	STEP_UNSUITED,	/* this method cannot go on, because of `error`; no
			   bytes are lost, another one continues */
	STEP_BLOCKED,	/* `side` is not ready (EAGAIN) */
	STEP_WOULD_WAIT,/* it would wait for the disk (ZC_NODISKIO) */
	STEP_FAILED,	/* `side` failed with `error`: no method can help */
};

struct step {
	enum outcome outcome;
	enum zc_side side;
	int error;
	int64_t moved;
	bool cut;	/* moved less than was asked for */
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

/** True if the errno says that the sink has no room, whatever the method. */
static inline bool
step_error_is_full(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/** True if the errno says that the peer of a pipe or connection is gone. */
static inline bool
step_error_is_gone(int error)
{
	return error == EPIPE || error == ECONNRESET || error == ENOTCONN ||
	    error == ETIMEDOUT;
}

#endif
