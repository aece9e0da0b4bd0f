/*
 * A call, and the step that it makes.
 */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "../zcopy.h"
#include "end.h"

/* The most bytes that one call is asked for.  Linux moves at most 2 GiB less a
 * page, CIFS and FUSE have failed on more, and signals are to be noticed. */
#define CALL_MAX	((size_t)1 << 30)

/** What the next kernel call may do. */
struct call {
	int64_t max;	/* bytes that it may move, at most CALL_MAX if it reads
			   or writes them; 0 only for a sink at offset 2^63-1 */
	int64_t all;	/* bytes that are left: a method that moves all or
			   nothing goes by this */
	bool more;	/* more data or a trailer follows */
	bool nodisk;	/* fail rather than wait for the disk (ZC_NODISKIO) */
	unsigned splice_flags;
};

enum outcome {
	STEP_MOVED,	/* `moved` bytes were moved; 0: EINTR, or the end of the
			   range was told to the sink (sink->finished) */
	STEP_ENDED,	/* this method sees the end of the source, which
			   confirm_step() has yet to confirm */
	STEP_UNSUITED,	/* this method cannot go on, because of `error`; no
			   bytes are lost, another one continues */
	STEP_BLOCKED,	/* `side` is not ready (EAGAIN): wait for `wait` */
	STEP_WOULD_WAIT,/* it would wait for the disk (ZC_NODISKIO) */
	STEP_FAILED,	/* `side` failed with `error`: no method can help */
};

struct step {
	enum outcome outcome;
	enum zc_side side;
	int error;
	int64_t moved;
	bool cut;	/* moved less than was asked for */
	bool hole;	/* the sink has zeros that were not written */
	struct zc_wait wait;
};

static inline struct step
step_moved(int64_t moved)
{
	return (struct step){ .outcome = STEP_MOVED, .moved = moved };
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
step_blocked(const struct end *end)
{
	return (struct step){ .outcome = STEP_BLOCKED, .side = end->side,
		.wait = end->wait };
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

/** Return the step for an EAGAIN that only this end can have caused: blocked,
 * or unsuited if this end never gives EAGAIN itself.  sendfile(2) from ZFS to a
 * file has failed with EAGAIN: there read-write finds out more. */
static inline struct step
step_eagain(const struct end *end)
{
	return end_waits_by_poll(end) || end_timeout(end) > 0 ?
	    step_blocked(end) : step_unsuited(EAGAIN);
}

/** Return the step for a write that was asked for `asked` bytes and returned
 * `n`, with errno if that is -1. */
static inline struct step
step_written(const struct end *out, ssize_t n, int64_t asked)
{
	if (n > 0)
		return (struct step){ .outcome = STEP_MOVED, .moved = n,
			.cut = n < asked };
	if (n == 0)
		return step_failed(ZC_SINK, ENOSPC);
	if (errno == EINTR)
		return step_moved(0);
	if (errno == EAGAIN)
		return step_blocked(out);
	return step_failed(ZC_SINK, errno);
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
