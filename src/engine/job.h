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

/** That end of it. */
#define JOB_END(job, side)	((side) == ZC_SOURCE ? &(job)->in : &(job)->out)

struct zc_job {
	struct zc_request request;
	struct end in, out;

	struct pieces headers, trailers;	/* what is left of them */
	int64_t left;			/* bytes to take; 2^63-1 are "all" */
	size_t held;			/* bytes taken and not delivered */
	bool started;
	bool ended;			/* the source has no more */
	bool gather;			/* the sink wants all in one write */
	bool approved;			/* the trailer may go out */
	bool corks;			/* a cork is ours to pull at the end */
	int surprises;			/* EAGAINs in a row, unasked for */
	int spins;			/* EAGAINs in a row, of the sink */
	bool dry;			/* EAGAIN from the source, and nothing
					   has moved since */
	bool overruled;			/* read(2) got data at an end that the
					   method saw; unset when that moves */

	struct zc_plan plan;
	size_t candidate;		/* in plan */
	const struct method *method;	/* at work; NULL: none is left */
	bool through;			/* it never holds bytes */
	int64_t time_out;		/* of the sink, by itself; or 0 */

	struct buffer buffer;
	struct pipe pipe;		/* splice's */
	unsigned splice_flags;
	struct window window;		/* mmap's */

	struct zc_result result;
};

/** The number of bytes that the next call may take: at most `most`, and at
 * most the request's block size. */
size_t job_limit(const struct zc_job *, size_t most);

/** How many bytes the source had from here on when the job was made; 0 when
 * that is not known, or it has grown since. */
int64_t job_known_left(const struct zc_job *);

/** How far that side is from the last offset there is.  A sum of an offset
 * and a count beyond it is EINVAL, at the end of a file too. */
int64_t job_room(const struct zc_job *, enum zc_side side);

/** The most that any call is asked for.  Linux stops at 2 GiB less a page by
 * itself, CIFS and FUSE have failed on more, and signals want their turn. */
#define CALL_MAX	((size_t)1 << 30)

/** Bytes held go back to the source, which has a position.  0, or -1, and
 * they are held as before. */
int job_put_back(struct zc_job *);

/** EAGAIN came, and only `side` can be meant: wait for it, if poll(2) can. */
struct step job_step_again(const struct zc_job *, enum zc_side side);

/** write(2) some of the bytes held, from `data`. */
struct step job_write(struct zc_job *, const char *data, size_t size);

/** The same of headers or trailers.  More: data will follow. */
struct step job_write_pieces(struct zc_job *, const struct pieces *, bool more);

/** Plan, and set the first method to work. */
void job_start(struct zc_job *);

/** Run what was prepared as zc_transfer() does, and free it. */
int job_transfer(struct zc_job *, struct zc_result *);

#endif
