/*
 * What is to be done while the engine moves data: the functions of its request,
 * whose argument is a struct mover.
 */
#ifndef TRANSFER_MOVER_H
#define TRANSFER_MOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/deadline.h"
#include "../base/status.h"
#include "../zcopy.h"
#include "buffer.h"
#include "cache.h"
#include "digesting.h"
#include "ends.h"
#include "filler.h"
#include "peers.h"
#include "rate.h"
#include "watch.h"

/* If progress is shown, the most bytes that the first call moves.  Later calls
 * are adapted to take about a tenth of a second. */
#define MOVER_STEP	((int64_t)8 * 1024 * 1024)

/** A transfer while data moves. */
struct mover {
	const struct options *options;
	struct ends *ends;
	struct sinks sinks;
	/* For each sink. */
	int64_t data[DESTS_MAX];	/* bytes of data that it has */
	int64_t all[DESTS_MAX];		/* with those of header and trailer */
	int64_t read[DESTS_MAX];	/* where it is in SOURCE; -1: unknown */
	bool judged[DESTS_MAX];		/* mover_judge() was called */
	int64_t most;			/* of `all` */
	int64_t least;			/* of `read` */
	int64_t first;			/* with --buffer: the position of the
					   first byte */
	const struct watch *watch;
	struct cache *cache;		/* of SOURCE */
	struct digesting *digesting;
	enum status status;		/* of a step that concerns SOURCE */
	struct deadline deadline;	/* interrupts calls that block */
	double interval;		/* seconds between two checks for a
					   reset; 0: none */
	struct rate rate;		/* of --rate */
	struct buffer *buffer;		/* --buffer; NULL without, and once it
					   has been freed */
	int buffer_error;		/* of a buffer that was freed */
	bool indirect;			/* the job reads the buffer, not
					   SOURCE */
	struct filler *filler;		/* its thread; NULL once it has ended */
	struct zc_result filled;	/* of the filler, when it has ended */
	int64_t lost;			/* bytes of SOURCE that were in the
					   buffer, and are neither delivered nor
					   put back */
	int64_t waits;			/* calls of poll(2) */
	int64_t began;			/* clock_now() */
	int64_t step;			/* the most bytes that a call should
					   move, for the progress line */
	int64_t stepped;		/* when the last call returned */
};

/** zc_request.event: note how far the sinks are, make the steps that are due
 * for their destinations, drop those that fail, and answer SIGUSR1. */
int mover_event(const struct zc_event *, void *arg);

/** The same for a plain descriptor, without destinations. */
int mover_event_plainly(const struct zc_event *, void *arg);

/** zc_request.select: --select. */
int mover_select(const struct zc_ends *, void *arg);

/** zc_request.allow: --rate, steps that are short enough for a progress line,
 * what is in the buffer, and how far the digest's thread lags behind. */
int64_t mover_allow(int64_t bytes, int64_t *until, void *arg);

/** zc_request.look: --digest. */
int mover_look(const void *data, int64_t size, void *arg);

/** zc_request.wait: peers_wait(), also for the buffer. */
int mover_wait(const struct zc_wait *, size_t count, void *arg);

/** Return what became of a sink.  With --buffer, the filler knows why SOURCE
 * has failed. */
struct zc_result mover_result(const struct mover *, size_t sink);

/** If SOURCE ended early, or nothing reads from the destination any more, let
 * that end print the reason: a command knows how it has exited.  Return the
 * exit status, or STATUS_OK if nothing was printed. */
enum status mover_ask(const struct mover *, struct dest *,
    const struct zc_result *);

/** Print why a sink has failed, unless a step of its destination has printed
 * that and set its status, and drop the destination.  Return as
 * ends_end_step(). */
enum status mover_judge(struct mover *, size_t sink);

/** Once all `bytes` bytes of data have been moved, check that SOURCE has not
 * changed meanwhile, and that the digest is the expected one.  Return
 * STATUS_OK; on failure, print the reason and return the exit status. */
enum status mover_approve(struct ends *, const struct watch *,
    struct digesting *, int64_t bytes);

#endif
