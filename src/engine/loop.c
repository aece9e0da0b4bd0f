#include "config.h"

#include "loop.h"

#include <errno.h>
#include <sys/param.h>

#include "../base/clock.h"
#include "../base/minmax.h"
#include "confirm.h"
#include "ending.h"
#include "fallback.h"
#include "pace.h"
#include "tuning.h"
#include "waiting.h"

/** If one side has reached the largest offset, 2^63-1, end or refuse, and
 * return true. */
static bool
at_limit(struct zc_job *job, struct sink *sink, enum motion motion)
{
	struct supply *supply = sink->supply;
	int doubt;

	if (!motion_takes(motion))
		return false;
	if (supply_room(supply) == 0) {
		supply->ended = true;
		return true;
	}
	if (motion == TAKE || sink_room(sink) > 0)
		return false;
	/* The sink takes no more.  sendfile(2) and splice(2) would fail with
	 * EINVAL, also at the end of the source.  If the source has more, or
	 * cannot be peeked at, fail as write(2) would: EFBIG. */
	doubt = supply->in.start >= 0 ? confirm_doubts(supply) : ENODATA;
	if (doubt == 0)
		supply->ended = true;
	else if (doubt == EINTR)
		job_report(job, sink, ZC_EVENT_INTERRUPTED, ZC_AUTO, EINTR);
	else
		fallback_refused(job, sink, EFBIG);
	return true;
}

/** End the sink if nothing is left to do for it, and return true. */
static bool
complete(struct zc_job *job, struct sink *sink)
{
	const struct supply *supply = sink->supply;
	bool has_all = sink->header.left == 0 && sink_has_all(sink);
	bool is_short = supply->ended && (job->request.flags & ZC_EXACT) &&
	    job->request.bytes != ZC_TO_END && supply->left > 0;

	/* A kernel file gets no command that is cut short. */
	if (is_short && (has_all || sink->gather)) {
		job_end_sink(job, sink, ZC_SHORT, ENODATA);
		return true;
	}
	if (!has_all || sink->trailer.left > 0 || sink_needs_finish(sink))
		return false;
	job_end_sink(job, sink, ZC_DONE, 0);
	return true;
}

/** Report what a step has moved, and from where to where. */
static void
report_moved(struct zc_job *job, struct sink *sink, enum motion motion,
    enum zc_method method, const struct step *step)
{
	const int64_t moved = step->moved;
	const struct supply *supply = sink->supply;
	const struct zc_result *result = &sink->result;
	/* Without a position, count on from the last range. */
	const int64_t in = supply->in.start >= 0 ? supply->in.start :
	    result->bytes - sink->given;
	const int64_t out = sink->end.start >= 0 ? sink->end.start :
	    result->header_bytes + result->bytes + result->trailer_bytes -
	    sink->given - sink->wrapped;
	struct zc_moved event = { .in_from = -1, .out_from = -1,
		.length = moved, .skipped = motion == SKIP && step->hole };

	if (motion_takes(motion))
		event.in_from = in + supply->taken - moved;
	if (motion == GIVE || motion == BLANK)
		event.in_from = in + sink->given - moved;
	if (motion != TAKE)
		event.out_from = out + sink->given + sink->wrapped - moved;
	job_report_moved(job, sink, method, &event);
}

/** Save the bytes to memory, from where all sinks read them, because they could
 * not be copied for this sink.  After EAGAIN only these did not fit; after any
 * other error the sink goes on with its next method, if it has one. */
static void
copy_refused(struct zc_job *job, struct sink *sink, int error)
{
	struct supply *supply = sink->supply;

	FOR_EACH_ACTIVE(other, job, supply)
		store_release(&other->copy);
	if (supply_save(supply, supply->own.from) < 0)
		job_fail_sink(job, sink, ZC_SOURCE, errno);
	else if (error != EAGAIN && sink->candidate + 1 < sink->plan.count)
		fallback_refused(job, sink, error);
}

/** If several sinks share the supply, give each a copy of what was taken.  The
 * last one reads the method's own store. */
static void
branch(struct zc_job *job, struct supply *supply)
{
	struct store *own = &supply->own;
	struct sink *last = NULL;

	if (!supply->shared || supply->method->store->branch == NULL)
		return;
	FOR_EACH_ACTIVE(sink, job, supply) {
		if (last == NULL || own->ops->branch(own, &last->copy) == 0) {
			last = sink;
			continue;
		}
		copy_refused(job, last, errno);
		return;
	}
}

/** A signal came before the call moved anything, or cut it short. */
static void
interrupted(struct zc_job *job, struct sink *sink, enum motion motion,
    enum zc_method method)
{
	job_report(job, sink, ZC_EVENT_INTERRUPTED, method, EINTR);
	if (sink_is_active(sink) && !wait_check_timeout(job))
		wait_interrupted(job, sink, motion == TAKE ?
		    &sink->supply->in : &sink->end);
}

static void
note_moved(struct zc_job *job, struct sink *sink, enum motion motion,
    enum zc_method method, const struct step *step)
{
	struct zc_result *result = &sink->result;
	struct supply *supply = sink->supply;
	int64_t moved = step->moved;

	if (moved == 0) {
		if (motion != FINISH || !sink->finished)
			interrupted(job, sink, motion, method);
		return;
	}
	sink->unexpected = sink->spins = 0;
	supply->dry = false;
	sink->end.interrupted = supply->in.interrupted = 0;
	/* The method itself took bytes, so it is past its false end. */
	if (motion_takes(motion) && supply->method != NULL &&
	    method == supply->method->id)
		supply->overruled = false;
	motion_count(sink, motion, step);
	/* The bytes are in the method's own store. */
	if (motion == TAKE && !sink_has_spilled(sink))
		branch(job, supply);
	if (motion != TAKE) {
		if (result->use[method].bytes == 0 && method != ZC_AUTO)
			result->used[result->used_count++] = method;
		result->use[method].bytes += moved;
	}
	if (motion == GIVE || motion == THROUGH)
		wait_sleep(sink,
		    pipe_pace_moved(&sink->pace, moved, step->cut));
	/* Gathering is progress, though nothing is delivered yet. */
	if (motion != TAKE || sink->gather)
		report_moved(job, sink, motion, method, step);
	wait_renew(job, sink);		/* the caller's function may be slow */
	/* A kernel file took half of a command. */
	if (motion == GIVE && sink->gather && sink->given < supply->taken &&
	    sink_is_active(sink))
		job_fail_sink(job, sink, ZC_SINK, EIO);
}

/** Let the caller look at bytes up to `to`, except those that it has seen.
 * `store` has them; NULL: they are a hole.  If it stops the job, return
 * false. */
static bool
look(struct zc_job *job, const struct store *store, int64_t to)
{
	const struct zc_request *request = &job->request;
	const int64_t from = job->looked;

	if (request->look == NULL || to <= from)
		return true;
	job->looked = to;
	if (request->look(store != NULL ? memory_at(store, from) : NULL,
	    to - from, request->arg) == 0) {
		wait_renew(job, NULL);	/* it may be slow */
		return true;
	}
	job_end_all(job, ZC_STOPPED, EINTR);
	return false;
}

/** Count an EAGAIN.  Return true if calls keep failing with it though poll(2)
 * says that the sink is ready: sendfile(2) from ZFS did so.  See confirm_step()
 * for the source. */
static bool
count_eagain(struct sink *sink, enum zc_method method, enum zc_side side)
{
	bool last = method == ZC_AUTO || method == ZC_READ_WRITE ||
	    sink->candidate + 1 >= sink->plan.count;

	if (side != ZC_SINK || sink->spins++ < (last ? SPINS_LAST : SPINS_MAX))
		return false;
	if (end_is_ready(&sink->end))
		return true;
	sink->spins = 0;		/* slow, but not broken */
	return false;
}

static void
give_up(struct zc_job *job, struct sink *sink, enum zc_method method)
{
	sink->spins = 0;
	if (method == ZC_AUTO || method == ZC_READ_WRITE)
		job_fail_sink(job, sink, ZC_SINK, EAGAIN);
	else
		fallback_refused(job, sink, EAGAIN);
}

/**
 * Find out why the call that began at `began` moved less than it was asked to.
 *
 * If the sink is a blocking socket that is still full, a signal or the socket's
 * own SO_SNDTIMEO cut the call short.  The kernel reports neither once bytes
 * have moved, so do it here.
 */
static void
cut_short(struct zc_job *job, struct sink *sink, enum motion motion,
    enum zc_method method, int64_t began)
{
	if (!sink_is_active(sink) || sink->end.kind != ZC_SOCKET ||
	    end_waits_by_poll(&sink->end) || end_is_ready(&sink->end))
		return;
	if (motion == THROUGH && confirm_doubts(sink->supply) == 0)
		return;			/* the source had no more */
	if (sink->timeout > 0 && clock_now() - began >= sink->timeout) {
		const struct step step = step_blocked(&sink->end);

		wait_note(job, sink, &step);
		return;
	}
	interrupted(job, sink, motion, method);
}

/** True if the motion reads or writes the bytes that it takes: only then does
 * the request's `allow` limit them. */
static bool
costs(const struct sink *sink, enum motion motion)
{
	return motion != SKIP || zeros_are_written(&sink->zeros, &sink->end);
}

/** Return what the next call may do. */
static struct call
next_call(struct zc_job *job, struct sink *sink, enum motion motion)
{
	const struct supply *supply = sink->supply;
	const bool gives = motion == GIVE || motion == BLANK;
	const int64_t to = gives ? sink_store(sink)->to : sink->given;
	const size_t block = job->request.block_size;
	/* A hole is skipped at once: one of 1 PiB would be a million calls. */
	int64_t max = costs(sink, motion) ? (int64_t)CALL_MAX : INT64_MAX;

	if (block != 0 && (motion == TAKE || motion == THROUGH))
		max = MIN(max, (int64_t)MIN(block, CALL_MAX));
	/* Sinks that read by themselves take turns: see pace.h.  Skipping a
	 * hole reads nothing. */
	if (job->supply_count > 1 && motion != SKIP)
		max = min64(max, pace_step(job));
	max = MIN(max, sink->run);
	if (motion_takes(motion))
		max = min64(max, min64(supply->left, supply_room(supply)));
	if (motion != TAKE)
		max = min64(max, sink_room(sink));
	return (struct call){
		.max = max,
		.all = supply->left,
		.more = (supply->left > 0 && !supply->ended) ||
		    to < supply->taken || sink->trailer.left > 0 ||
		    (motion == FINISH && job->keeps),
		.nodisk = job->request.flags & ZC_NODISKIO,
		.splice_flags = job->splice_flags,
	};
}

/** Pause all sinks of the supply, because the next bytes are not in memory. */
static void
would_wait(struct zc_job *job, struct supply *supply)
{
	FOR_EACH_ACTIVE(sink, job, supply)
		if (sink_keeps_back(sink) && !wait_flush_sink(job, sink))
			return;
	FOR_EACH_ACTIVE(sink, job, supply) {
		sink->result.outcome = ZC_WOULD_WAIT;
		sink->result.side = ZC_SOURCE;
		sink->result.error = EBUSY;
	}
}

static void
act(struct zc_job *job, struct sink *sink, enum motion motion,
    enum zc_method method, const struct step *step)
{
	struct supply *supply = sink->supply;

	switch (step->outcome) {
	case STEP_MOVED:
		note_moved(job, sink, motion, method, step);
		break;
	case STEP_ENDED:
		/* When bytes are given, this is what a mapping says of a file
		 * that ends before them by now. */
		if (motion == GIVE &&
		    supply_put_back(supply, sink->given) < 0) {
			fallback_refused(job, sink, EFAULT);
			break;
		}
		supply->ended = true;
		break;
	case STEP_UNSUITED:
		fallback_refused(job, sink, step->error);
		break;
	case STEP_BLOCKED:
		if (count_eagain(sink, method, step->side))
			give_up(job, sink, method);
		else
			wait_note(job, sink, step);
		break;
	case STEP_WOULD_WAIT:
		would_wait(job, supply);
		break;
	case STEP_FAILED:
		job_fail_sink(job, sink, step->side, step->error);
		break;
	}
}

/** Make one step for this sink, by its next motion, and act on its outcome. */
static void
turn(struct zc_job *job, struct sink *sink, enum motion motion)
{
	struct supply *supply = sink->supply;
	enum zc_method method;
	struct call call;
	struct step step;
	int64_t began, spent_from;

	/* Check this first: if the named method was refused, the job fails
	 * even when all bytes taken could be delivered. */
	if (sink->candidate >= sink->plan.count && !sink_has_spilled(sink)) {
		fallback_none_left(job, sink);
		return;
	}
	if (complete(job, sink) || at_limit(job, sink, motion))
		return;
	if (motion == TAIL && !sink->approved) {
		sink->approved = true;
		job_report(job, sink, ZC_EVENT_TRAILER, ZC_AUTO, 0);
		return;
	}
	if (motion_takes(motion) &&
	    (supply->outdated || supply->method == NULL)) {
		supply_close_method(supply);
		fallback_begin(job, supply);
		return;
	}
	motion = motion_over_zeros(sink, motion);
	call = next_call(job, sink, motion);
	if (motion_takes(motion) && (!wait_flush(job, supply) ||
	    (costs(sink, motion) && !wait_allows(job, sink, &call))))
		return;
	if ((motion == GIVE || motion == BLANK) &&
	    !look(job, sink_store(sink), sink_store(sink)->to))
		return;
	method = motion_method(sink, motion);
	sink->result.use[method].calls++;
	began = sink->timeout > 0 ? clock_now() : 0;
	spent_from = pace_now(job);
	step = confirm_step(sink, motion_step(sink, motion, &call), &motion,
	    &method, &call);
	pace_count_step(job, sink, motion, spent_from);
	act(job, sink, motion, method, &step);
	if (motion == SKIP)
		(void)look(job, NULL, supply->taken);
	if (step.outcome == STEP_MOVED && step.cut)
		cut_short(job, sink, motion, method, began);
}

/** True if every sink of the supply has got the bytes that were taken, and none
 * is blocked: it may have to be flushed first. */
static bool
is_drained(struct zc_job *job, struct supply *supply)
{
	if (!supply->shared)		/* the sink's motion has told so */
		return true;
	FOR_EACH_ACTIVE(sink, job, supply)
		if (sink->blocked || sink->given < supply->taken)
			return false;
	return true;
}

/** Return the next sink, by turns, for which a step can be made, and set its
 * motion; or NULL. */
static struct sink *
next_sink(struct zc_job *job, enum motion *motion)
{
	const int64_t limit = pace_limit(job);

	for (size_t i = 0; i < job->sink_count; i++) {
		struct sink *sink;

		job->turn++;
		if (job->turn >= job->sink_count)
			job->turn = 0;
		sink = &job->sink[job->turn];
		if (!sink_is_active(sink) || sink->blocked)
			continue;
		*motion = motion_next(sink);
		if (!motion_takes(*motion) ||
		    (!sink->supply->blocked && is_drained(job, sink->supply) &&
		    sink->supply->taken <= limit))
			return sink;
	}
	return NULL;
}

bool
loop_run(struct zc_job *job, struct zc_wait *waits, size_t count)
{
	struct sink *sink;
	enum motion motion;

	if (job->stall.due == 0)
		wait_renew(job, NULL);
	pace_count_wait(job, job->paused);
	job->paused = 0;
	wait_over(job);
	for (;;) {
		job_drop_sinks(job);
		while ((sink = next_sink(job, &motion)) != NULL) {
			turn(job, sink, motion);
			job_drop_sinks(job);
		}
		if (job_next_active(job, NULL, NULL) == NULL)
			return true;
		if (!wait_for_any(job, waits, count))
			return false;
	}
}
