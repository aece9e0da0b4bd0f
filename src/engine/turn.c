/*
 * The copy loop: one turn makes one step (motion.c), has the end of the source
 * confirmed (confirm.c), and acts on the outcome.  Limits, fallback, waiting
 * and interruption are handled here, and only here.
 *
 * Invariant: `bytes + held` bytes have been taken from the source, the sink has
 * `bytes` of them, and the `held` ones are in the buffer or in the method's
 * store.
 */
#include "config.h"

#include "turn.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "../base/clock.h"
#include "confirm.h"
#include "cork.h"
#include "job.h"
#include "motion.h"

/* After so many EAGAINs in a row from a sink that poll(2) calls ready, give the
 * method up. */
#define SPINS_MAX	16
#define SPINS_LAST	1000		/* no other method is left */

static void
job_close_method(struct zc_job *job)
{
	if (job->method != NULL && job->method->release != NULL)
		job->method->release(job);
	job->method = NULL;
}

void
job_settle(struct zc_job *job)
{
	int saved = errno;

	if (job->held > 0 && job->in.start >= 0)
		(void)job_put_back(job);
	job->result.lost += (int64_t)job->held;
	job->held = 0;
	job_close_method(job);
	if (job->corks)
		cork_pull(&job->out);
	job->corks = false;
	errno = saved;
}

void
job_finish(struct zc_job *job, enum zc_outcome outcome, int error)
{
	job->result.outcome = outcome;
	job->result.error = error;
	job_settle(job);
}

static void
job_fail(struct zc_job *job, enum zc_side side, int error)
{
	job->result.side = side;
	job_finish(job, ZC_FAILED, error);
}

void
job_report(struct zc_job *job, enum zc_event_type type, enum zc_method method,
    int error)
{
	const struct zc_event event = { .type = type, .method = method,
		.error = error, .bytes = job->result.bytes,
		.plan = &job->plan };

	if (job->request.event == NULL || job->result.outcome != ZC_UNFINISHED)
		return;
	if (job->request.event(&event, job->request.arg) != 0)
		job_finish(job, ZC_STOPPED, EINTR);
}

static void
job_note_refusal(struct zc_job *job, int error)
{
	struct zc_method_use *use = &job->result.use[job_method(job)];

	use->refused = error;
	use->refused_at = job->result.bytes;
	job_report(job, ZC_EVENT_REFUSED, job_method(job), error);
}

void
job_begin(struct zc_job *job)
{
	for (; job->candidate < job->plan.count; job->candidate++) {
		const struct method *method = method_get(job_method(job));

		if (job->result.outcome != ZC_UNFINISHED)
			return;
		job->result.method = job_method(job);
		job->through = method->fill == NULL;
		if (method->begin == NULL || method->begin(job) == 0) {
			job->method = method;
			return;
		}
		job_note_refusal(job, errno);
	}
}

/** Go on with the next method of the plan, at the same byte. */
static void
job_refused(struct zc_job *job, int error)
{
	bool last = job->candidate + 1 >= job->plan.count;
	bool stored = job->held > 0 && buffer_used(&job->buffer) == 0;

	/* Rescue what the method's own store holds.  After the last method
	 * that is needed only if the source has no position: else
	 * job_settle() moves the position back. */
	if (stored && (!last || job->in.start < 0) &&
	    job->method->rescue(job) < 0) {
		job_fail(job, ZC_SOURCE, errno);
		return;
	}
	job_note_refusal(job, error);
	if (job->result.outcome != ZC_UNFINISHED)
		return;
	job_close_method(job);
	job->candidate++;
	job_begin(job);
	if (job->method != NULL)
		job->result.reason = NULL;	/* it was about the old one */
}

/** End the job, because no method is left.  A full disk (ENOSPC) or a bad one
 * (EIO) is a failure of that side; else the method that was named does not
 * suit. */
static void
job_out_of_methods(struct zc_job *job)
{
	int error = job->result.use[job_method(job)].refused;

	if (step_error_is_full(error))
		job_fail(job, ZC_SINK, error);
	else if (error == EIO && job_doubts_end(job) == EIO)
		job_fail(job, ZC_SOURCE, error);
	else
		job_finish(job, ZC_UNSUITED, error);
}

/** If one side has reached the largest offset, 2^63-1, end or refuse, and
 * return true. */
static bool
job_at_limit(struct zc_job *job, enum motion motion)
{
	int doubt;

	if (!motion_takes(motion))
		return false;
	if (job_room(job, ZC_SOURCE) == 0) {
		job->ended = true;
		return true;
	}
	if (motion == TAKE || job_room(job, ZC_SINK) > 0)
		return false;
	/* Here sendfile(2) and splice(2) fail with EINVAL.  If the source has
	 * more, the error is that of write(2): EFBIG. */
	doubt = job->in.start >= 0 ? job_doubts_end(job) : ENODATA;
	if (doubt == 0)
		job->ended = true;
	else if (doubt == EINTR)
		job_report(job, ZC_EVENT_INTERRUPTED, ZC_AUTO, EINTR);
	else
		job_refused(job, EFBIG);
	return true;
}

/** Finish the job if nothing is left to do, and return true. */
static bool
job_complete(struct zc_job *job)
{
	bool out = job->headers.left == 0 && job_data_is_out(job);
	bool is_short = job->ended && (job->request.flags & ZC_EXACT) &&
	    job->request.bytes != ZC_TO_END && job->left > 0;

	/* Never write a truncated command to a kernel file. */
	if (is_short && (out || job->gather))
		job_finish(job, ZC_SHORT, ENODATA);
	else if (out && job->trailers.left == 0)
		job_finish(job, ZC_DONE, 0);
	else
		return false;
	return true;
}

static void
job_moved(struct zc_job *job, enum motion motion, enum zc_method method,
    int64_t moved)
{
	struct zc_result *result = &job->result;

	if (moved == 0) {
		job_report(job, ZC_EVENT_INTERRUPTED, method, EINTR);
		return;
	}
	job->unexpected = job->spins = 0;
	job->dry = false;
	if (motion_takes(motion) && method == job_method(job))
		job->overruled = false;
	job_count(job, motion, moved);
	if (motion != TAKE) {
		if (result->use[method].bytes == 0 && method != ZC_AUTO)
			result->used[result->used_count++] = method;
		result->use[method].bytes += moved;
	}
	/* Gathering is progress, though nothing is delivered for long. */
	if (motion != TAKE || job->gather)
		job_report(job, ZC_EVENT_MOVED, method, 0);
	/* A kernel file took half of a command. */
	if (motion == GIVE && job->gather && job->held > 0 &&
	    result->outcome == ZC_UNFINISHED)
		job_fail(job, ZC_SINK, EIO);
}

/** Return to the caller, who may run the job again later. */
static void
job_pause(struct zc_job *job, enum zc_outcome outcome, enum zc_side side,
    int error)
{
	job->result.outcome = outcome;
	job->result.side = side;
	job->result.error = error;
}

/** Wait until `side` is ready, by the request's function.  Return false if the
 * caller is to wait. */
static bool
job_blocked(struct zc_job *job, enum zc_side side, struct zc_wait *wait)
{
	const struct end *end = JOB_END(job, side);
	const struct zc_wait for_ready = {
		.fd = end->fd,
		.events = side == ZC_SOURCE ? POLLIN : POLLOUT,
	};

	/* If the socket has a timeout of its own (SO_RCVTIMEO, SO_SNDTIMEO),
	 * EAGAIN means that it has passed, and the caller wants to know. */
	if (job->request.wait == NULL || end_timeout(end, side) > 0) {
		if (wait != NULL)
			*wait = for_ready;
		job_pause(job, ZC_UNFINISHED, side, EAGAIN);
		return false;
	}
	/* EAGAIN without O_NONBLOCK: another process that shares the
	 * description may have cleared the flag since, so allow it once. */
	if (!end_waits_by_poll(end) && job->unexpected++ > 0) {
		job_fail(job, side, EAGAIN);
		return true;
	}
	if (job->request.wait(&for_ready, job->request.arg) >= 0)
		return true;
	if (errno == EINTR)
		job_report(job, ZC_EVENT_INTERRUPTED, ZC_AUTO, EINTR);
	else
		job_fail(job, side, errno);
	return true;
}

/** True if calls keep failing with EAGAIN though poll(2) says that the sink is
 * ready: sendfile(2) from ZFS did so.  See job_confirm() for the source. */
static bool
job_spins(struct zc_job *job, enum zc_method method, enum zc_side side)
{
	bool last = method == ZC_AUTO || method == ZC_READ_WRITE ||
	    job->candidate + 1 >= job->plan.count;

	if (side != ZC_SINK || job->spins++ < (last ? SPINS_LAST : SPINS_MAX))
		return false;
	if (end_is_writable(&job->out))
		return true;
	job->spins = 0;			/* slow, but not broken */
	return false;
}

static void
job_give_up(struct zc_job *job, enum zc_method method, enum zc_side side)
{
	job->spins = 0;
	if (method == ZC_AUTO || method == ZC_READ_WRITE)
		job_fail(job, side, EAGAIN);
	else
		job_refused(job, EAGAIN);
}

/**
 * Find out why the call that began at `began` moved less than it was asked to.
 *
 * If the sink is a blocking socket that is still full, a signal or the socket's
 * own SO_SNDTIMEO cut the call short.  The kernel reports neither once bytes
 * have moved, so do it here.  Return false if the caller is to wait.
 */
static bool
job_cut_short(struct zc_job *job, enum motion motion, int64_t began,
    struct zc_wait *wait)
{
	if (job->result.outcome != ZC_UNFINISHED ||
	    job->out.kind != ZC_SOCKET || end_waits_by_poll(&job->out) ||
	    end_is_writable(&job->out) ||
	    (motion == THROUGH && job_doubts_end(job) == 0))
		return true;
	if (job->timeout > 0 && clock_now() - began >= job->timeout)
		return job_blocked(job, ZC_SINK, wait);
	job_report(job, ZC_EVENT_INTERRUPTED, job_motion_method(job, motion),
	    EINTR);
	return true;
}

bool
job_turn(struct zc_job *job, struct zc_wait *wait)
{
	enum motion motion = job_motion(job);
	enum zc_method method;
	int64_t began;
	struct step step;

	/* Check this first: if the named method was refused, the job fails
	 * even when all bytes taken could be delivered. */
	if (job->method == NULL && buffer_used(&job->buffer) == 0) {
		job_out_of_methods(job);
		return true;
	}
	if (job_complete(job) || job_at_limit(job, motion))
		return true;
	if (motion == TAIL && !job->approved) {
		job->approved = true;
		job_report(job, ZC_EVENT_TRAILER, ZC_AUTO, 0);
		return true;
	}
	method = job_motion_method(job, motion);
	job->result.use[method].calls++;
	began = job->timeout > 0 ? clock_now() : 0;
	step = job_confirm(job, job_step(job, motion), &motion, &method);
	switch (step.outcome) {
	case STEP_MOVED:
		job_moved(job, motion, method, step.moved);
		return !step.cut || job_cut_short(job, motion, began, wait);
	case STEP_ENDED:
		job->ended = true;
		break;
	case STEP_UNSUITED:
		job_refused(job, step.error);
		break;
	case STEP_BLOCKED:
		if (!job_spins(job, method, step.side))
			return job_blocked(job, step.side, wait);
		job_give_up(job, method, step.side);
		break;
	case STEP_WOULD_WAIT:
		job_pause(job, ZC_WOULD_WAIT, ZC_SOURCE, EBUSY);
		break;
	case STEP_FAILED:
		job_fail(job, step.side, step.error);
		break;
	}
	return true;
}
