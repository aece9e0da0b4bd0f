/*
 * A sink: where the bytes go, and how far it is.
 */
#ifndef ENGINE_SINK_H
#define ENGINE_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "../zcopy.h"
#include "end.h"
#include "pieces.h"
#include "pipe-pace.h"
#include "step.h"
#include "store.h"
#include "supply.h"
#include "zeros.h"

/** When a sink or the job counts as stalled: the request's timeout after it
 * last moved. */
struct stall {
	int64_t due;			/* by clock_now(); 0: not set */
	bool extended;			/* `due` has passed once, and was put
					   off: see waiting.c */
	bool over;			/* it has passed again: stalled */
};

struct sink {
	size_t index;
	struct end end;
	struct supply *supply;
	struct pieces header, trailer;	/* what is left of them */
	int64_t given;			/* bytes of the range that it has */
	int64_t wrapped;		/* of the range's header and trailer */
	struct zc_plan plan;
	size_t candidate;		/* in plan */
	bool gather;			/* it is a kernel file, where each
					   write(2) is one command: take all,
					   then write once */
	bool makes_holes;		/* of blocks of zeros: it can, and
					   ZC_MAKE_HOLES asks for it */
	struct zeros zeros;
	int64_t run;			/* bytes of data, or of zeros, that are
					   next; 2^63-1: not looked at */
	bool approved;			/* the trailer may go out */
	bool corks;			/* pull the cork when the job ends */
	bool unflushed;			/* bytes were written since sink_flush()
					   succeeded */
	bool settled;			/* nothing of it is in use any more */
	int dropped;			/* the error of zc_job_drop(), or 0 */
	bool finished;			/* zc_io.finish, or flush, was called at
					   the end of the range */
	bool blocked;			/* until `wait` */
	struct zc_wait wait;
	int unexpected;			/* EAGAINs in a row from an end that
					   does not have O_NONBLOCK */
	struct pipe_pace pace;		/* of its pipe, if it is one */
	struct stall stall;		/* while it has no room and there are
					   other sinks */
	int queued;			/* bytes that its peer has not taken */
	int spins;			/* EAGAINs in a row from the sink */
	int64_t timeout;		/* SO_SNDTIMEO in nanoseconds, or 0 */
	struct store copy;		/* of a shared supply's own store */
	struct store spilled;		/* in memory: what a shared supply's
					   method could not deliver here */
	struct zc_result result;
};

/** True if the sink itself has failed, and not the source or the job. */
bool sink_has_failed(const struct sink *);

/** Return what the plan depends on, and what a store is opened for. */
struct setup sink_setup(const struct sink *, const struct zc_request *);

static inline bool
sink_is_active(const struct sink *sink)
{
	return sink->result.outcome == ZC_UNFINISHED;
}

/** Return the offset of the sink's next byte, if it has a position. */
int64_t sink_at(const struct sink *);

/** Return how many bytes the sink is before the largest offset, 2^63-1. */
int64_t sink_room(const struct sink *);

/** Return the plan's candidate, or its last one when none is left. */
enum zc_method sink_method(const struct sink *);

/** True once no byte of data is left to take or to give. */
bool sink_has_all(const struct sink *);

/** Return the store that has the sink's next byte. */
struct store *sink_store(struct sink *);

/** Write some of the header or trailer.  `more`: data will follow. */
struct step sink_write_pieces(struct sink *, const struct pieces *, bool more);

/** True if the sink's next byte is in memory because a method could not deliver
 * it. */
bool sink_has_spilled(const struct sink *);

/** True if the cork, or the caller's functions, may keep back bytes that were
 * written. */
bool sink_keeps_back(const struct sink *);

/** Insert the cork if header or trailer are to share segments with the data. */
void sink_cork(struct sink *);

/** Send what the cork or the caller's functions keep back, because the job may
 * sleep now.  Return 0, or -1 with errno. */
int sink_flush(struct sink *);

/** Uncork, because the sink is complete.  Keep errno. */
void sink_uncork(struct sink *);

/** Save the bytes that the sink has yet to get, because it has refused its
 * method.  Return 0, or -1 with errno: they are lost. */
int sink_save(struct sink *);

/** Let the file end at the sink's position, if a hole is the last that it got.
 * Return 0, or -1 with errno. */
int sink_extend(struct sink *);

/** True if something is left to do at the end of the range. */
bool sink_needs_finish(const struct sink *);

/** Release what is only the sink's.  A hole at its end that the file cannot
 * have does not count as delivered.  Keep errno. */
void sink_settle(struct sink *);

#endif
