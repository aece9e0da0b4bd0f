/*
 * One transfer under way, as its methods see it.
 */
#ifndef ENGINE_JOB_H
#define ENGINE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "../zcopy.h"
#include "end.h"
#include "method.h"
#include "pieces.h"
#include "step.h"
#include "store.h"

/** The end of the job on this side. */
#define JOB_END(job, side)	((side) == ZC_SOURCE ? &(job)->in : &(job)->out)

struct zc_job {
	struct zc_request request;
	struct end in, out;

	struct pieces headers, trailers;	/* what is left of them */
	int64_t left;			/* bytes to take; 2^63-1: to the end */
	size_t held;			/* bytes taken and not delivered */
	bool started;
	bool ended;			/* the source has no more */
	bool gather;			/* the sink is a kernel file, where each
					   write(2) is one command: take all,
					   then write once */
	bool approved;			/* the trailer may go out */
	bool corks;			/* pull the cork when the job ends */
	int unexpected;			/* EAGAINs in a row from an end that
					   does not have O_NONBLOCK */
	int spins;			/* EAGAINs in a row from the sink */
	bool dry;			/* EAGAIN from the source, and nothing
					   has moved since */
	bool overruled;			/* read(2) got data at an end that the
					   method saw; unset when that moves */

	struct zc_plan plan;
	size_t candidate;		/* in plan */
	const struct method *method;	/* in use; NULL: none is left */
	bool through;			/* it moves bytes in one call, and
					   never holds any */
	int64_t timeout;		/* SO_SNDTIMEO of the sink in
					   nanoseconds, or 0 */

	struct buffer buffer;
	struct pipe pipe;		/* splice's */
	unsigned splice_flags;
	struct window window;		/* mmap's */

	struct zc_result result;
};

/** Return how many bytes the next call may take: at most `most`, and at most
 * the request's block size. */
size_t job_limit(const struct zc_job *, size_t most);

/** Return how many bytes the source had from here on when the job was made; 0
 * if that is not known, or the source has grown since. */
int64_t job_known_left(const struct zc_job *);

/** Return how many bytes that side is before the largest offset, 2^63-1.  A
 * call whose offset plus count exceeds it fails with EINVAL, even at the end
 * of a file. */
int64_t job_room(const struct zc_job *, enum zc_side side);

/** The most bytes that one call is asked for.  Linux moves at most 2 GiB less a
 * page, CIFS and FUSE have failed on more, and signals are to be noticed. */
#define CALL_MAX	((size_t)1 << 30)

/** Move the source's position back over the bytes held.  Return 0, or -1 with
 * errno and the bytes held as before. */
int job_put_back(struct zc_job *);

/** Return the step for EAGAIN that only `side` can have caused: blocked, or
 * unsuited if that side never gives EAGAIN itself. */
struct step job_step_eagain(const struct zc_job *, enum zc_side side);

/** Write some of the bytes held, which are at `data`. */
struct step job_write(struct zc_job *, const char *data, size_t size);

/** Write some of the header or trailer.  `more`: data will follow. */
struct step job_write_pieces(struct zc_job *, const struct pieces *, bool more);

/** Plan, and begin with the first method. */
void job_start(struct zc_job *);

/** Run the job to its end, as zc_transfer() does, and free it.  Return 0, or -1
 * with errno. */
int job_transfer(struct zc_job *, struct zc_result *);

#endif
