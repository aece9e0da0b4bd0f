#include "config.h"

#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/param.h>

#include "../base/clock.h"
#include "confirm.h"
#include "tuning.h"

static bool
is_active(const struct sink *sink)
{
	return sink->result.outcome == ZC_UNFINISHED;
}

/** Return the first sink after `sink` (NULL: from the beginning) that `supply`
 * (NULL: any) serves and that has not ended; or NULL. */
static struct sink *
next_active(struct zc_job *job, const struct supply *supply, struct sink *sink)
{
	sink = sink == NULL ? job->sink : sink + 1;
	for (; sink < job->sink + job->sink_count; sink++)
		if (is_active(sink) &&
		    (supply == NULL || sink->supply == supply))
			return sink;
	return NULL;
}

#define FOR_EACH_ACTIVE(each, job, supply)				\
	for (struct sink *each = next_active(job, supply, NULL);	\
	    each != NULL; each = next_active(job, supply, each))

/** Release what the sink uses, and what its supply uses if this is the last
 * sink that it serves. */
static void
settle(struct sink *sink)
{
	struct supply *supply = sink->supply;

	if (sink->settled)
		return;
	sink->settled = true;
	sink_settle(sink);
	/* The sink may be the one that reads the method's own store. */
	supply->outdated = true;
	if (--supply->sinks > 0)
		sink->result.lost += supply->taken - sink->given;
	else
		sink->result.lost += supply_settle(supply, sink->given);
}

/** End this sink alone.  If another range will follow, keep what it uses. */
static void
end_sink(const struct zc_job *job, struct sink *sink, enum zc_outcome outcome,
    int error)
{
	sink->result.outcome = outcome;
	sink->result.error = error;
	if (outcome == ZC_DONE && job->keeps)
		sink_uncork(sink);
	else
		settle(sink);
}

/** True if the failure is that of one sink. */
static bool
is_of_sink(const struct sink *sink)
{
	return (sink->result.outcome == ZC_FAILED &&
	    sink->result.side == ZC_SINK) ||
	    sink->result.outcome == ZC_UNSUITED;
}

/** End all other sinks, because this one has ended. */
static void
end_others(struct zc_job *job, const struct sink *sink)
{
	FOR_EACH_ACTIVE(other, job, NULL) {
		other->result.side = sink->result.side;
		if (is_of_sink(sink))
			end_sink(job, other, ZC_STOPPED, ECANCELED);
		else
			end_sink(job, other, sink->result.outcome,
			    sink->result.error);
	}
}

void
loop_finish(struct zc_job *job, struct sink *sink, enum zc_outcome outcome,
    int error)
{
	end_sink(job, sink, outcome, error);
	if (outcome == ZC_DONE || outcome == ZC_SHORT)
		return;
	if (is_of_sink(sink) && (job->request.flags & ZC_DROP_SINKS) &&
	    next_active(job, NULL, NULL) != NULL)
		loop_report(job, sink, ZC_EVENT_DROPPED, ZC_AUTO, error);
	else
		end_others(job, sink);
}

void
loop_settle(struct zc_job *job)
{
	int saved = errno;

	for (size_t i = 0; i < job->sink_count; i++)
		settle(&job->sink[i]);
	errno = saved;
}

static void
fail(struct zc_job *job, struct sink *sink, enum zc_side side, int error)
{
	sink->result.side = side;
	loop_finish(job, sink, ZC_FAILED, error);
}

static void
report(struct zc_job *job, struct sink *sink, struct zc_event event)
{
	if (job->request.event == NULL ||
	    (!is_active(sink) && event.type != ZC_EVENT_DROPPED))
		return;
	event.bytes = sink->result.bytes;
	event.plan = &sink->plan;
	event.sink = sink->index;
	if (job->request.event(&event, job->request.arg) == 0)
		return;
	if (!is_active(sink))
		sink = next_active(job, NULL, NULL);
	loop_finish(job, sink, ZC_STOPPED, EINTR);
}

void
loop_report(struct zc_job *job, struct sink *sink, enum zc_event_type type,
    enum zc_method method, int error)
{
	report(job, sink, (struct zc_event){ .type = type, .method = method,
		.error = error });
}

static void
note_refusal(struct zc_job *job, struct sink *sink, int error)
{
	struct zc_method_use *use = &sink->result.use[sink_method(sink)];

	use->refused = error;
	use->refused_at = sink->result.bytes;
	loop_report(job, sink, ZC_EVENT_REFUSED, sink_method(sink), error);
}

struct setup
loop_setup(const struct zc_job *job, const struct sink *sink)
{
	const struct supply *supply = sink->supply;

	return (struct setup){
		.ends = {
			.size = sizeof(struct zc_ends),
			.in = supply->in.kind,
			.out = sink->end.kind,
			.bytes = supply_bytes(supply, job->request.bytes),
			.append = sink->end.flags & O_APPEND,
			.direct = sink->end.flags & O_DIRECT,
			.placed = sink->end.placed,
			.unseekable = supply->in.kind == ZC_REGULAR &&
			    supply->in.start < 0,
		},
		.block_size = job->request.block_size,
		.pipe_size = job->request.pipe_size,
		.named = job->request.method != ZC_AUTO,
	};
}

/** Choose the method for all sinks that the supply serves: the candidate of
 * each, or read-write if they differ. */
static enum zc_method
choose(struct zc_job *job, struct supply *supply, const struct sink *first)
{
	enum zc_method method = sink_method(first);

	FOR_EACH_ACTIVE(sink, job, supply)
		if (sink_method(sink) != method)
			return ZC_READ_WRITE;
	return method;
}

/** Note that the sinks' candidate is refused, and go on to the next one. */
static void
refuse_all(struct zc_job *job, struct supply *supply, int error)
{
	FOR_EACH_ACTIVE(sink, job, supply) {
		note_refusal(job, sink, error);
		if (is_active(sink))
			sink->candidate++;
	}
}

void
loop_begin(struct zc_job *job, struct supply *supply)
{
	struct sink *first;

	supply->outdated = false;
	while ((first = next_active(job, supply, NULL)) != NULL &&
	    first->candidate < first->plan.count) {
		const struct setup setup = loop_setup(job, first);
		const struct method *method;

		method = method_for(choose(job, supply, first), &supply->in,
		    &first->end, supply->shared);
		FOR_EACH_ACTIVE(sink, job, supply)
			sink->result.method = sink_method(sink);
		errno = ENOTSUP;
		if (method != NULL && supply_use(supply, method, &setup) == 0)
			return;
		refuse_all(job, supply, errno);
	}
}

/** Go on with the next method of the sink's plan, at the same byte.  If others
 * share the supply, they go on as they are until they have what was taken. */
static void
refused(struct zc_job *job, struct sink *sink, int error)
{
	struct supply *supply = sink->supply;
	bool last = sink->candidate + 1 >= sink->plan.count;
	bool stored = sink->given < supply->taken &&
	    !sink_has_spilled(sink);

	/* After the last method the bytes need to be saved only if the source
	 * has no position: else it is moved back when the sink ends. */
	if (stored && (!last || supply->in.start < 0) &&
	    (supply->shared ? sink_save(sink) :
	    supply_save(supply, sink->given)) < 0) {
		fail(job, sink, ZC_SOURCE, errno);
		return;
	}
	note_refusal(job, sink, error);
	if (!is_active(sink))
		return;
	sink->candidate++;
	supply->outdated = true;
	if (supply->shared)
		return;
	supply_close_method(supply);
	loop_begin(job, supply);
	if (supply->method != NULL)
		sink->result.reason = NULL;	/* it was about the old one */
}

/** End the sink, because no method is left.  A full disk (ENOSPC) or a bad one
 * (EIO) is a failure of that side; else the method that was named does not
 * suit. */
static void
out_of_methods(struct zc_job *job, struct sink *sink)
{
	int error = sink->result.use[sink_method(sink)].refused;

	if (step_error_is_full(error))
		fail(job, sink, ZC_SINK, error);
	else if (error == EIO && confirm_doubts(sink->supply) == EIO)
		fail(job, sink, ZC_SOURCE, error);
	else
		loop_finish(job, sink, ZC_UNSUITED, error);
}

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
	/* Here sendfile(2) and splice(2) fail with EINVAL.  If the source has
	 * more, the error is that of write(2): EFBIG. */
	doubt = supply->in.start >= 0 ? confirm_doubts(supply) : ENODATA;
	if (doubt == 0)
		supply->ended = true;
	else if (doubt == EINTR)
		loop_report(job, sink, ZC_EVENT_INTERRUPTED, ZC_AUTO, EINTR);
	else
		refused(job, sink, EFBIG);
	return true;
}

/** End the sink if nothing is left to do for it, and return true. */
static bool
complete(struct zc_job *job, struct sink *sink)
{
	const struct supply *supply = sink->supply;
	bool out = sink->header.left == 0 && sink_has_all(sink);
	bool is_short = supply->ended && (job->request.flags & ZC_EXACT) &&
	    !job->to_end && supply->left > 0;

	/* Never write a truncated command to a kernel file. */
	if (is_short && (out || sink->gather)) {
		loop_finish(job, sink, ZC_SHORT, ENODATA);
		return true;
	}
	if (!out || sink->trailer.left > 0)
		return false;
	if (sink->end.kind == ZC_HOOKS && !job->keeps && !sink->finished)
		return false;
	loop_finish(job, sink, ZC_DONE, 0);
	return true;
}

/** Fill in what a step has moved, and from where to where. */
static struct zc_moved
moved_by(const struct sink *sink, enum motion motion, int64_t moved)
{
	const struct supply *supply = sink->supply;
	const int64_t in = MAX(supply->in.start, 0);
	const int64_t out = MAX(sink->end.start, 0);
	struct zc_moved event = { .in_from = -1, .out_from = -1,
		.length = moved };

	if (motion_takes(motion))
		event.in_from = in + supply->taken - moved;
	if (motion == GIVE)
		event.in_from = in + sink->given - moved;
	if (motion != TAKE)
		event.out_from = out + sink->given + sink->wrapped - moved;
	return event;
}

/** If several sinks share the supply, give each a copy of what was taken.  The
 * last one reads the method's own store. */
static void
branch(struct zc_job *job, struct supply *supply)
{
	struct sink *last = NULL;

	if (!supply->shared || supply->method->store->branch == NULL)
		return;
	FOR_EACH_ACTIVE(sink, job, supply) {
		const struct setup setup = loop_setup(job, sink);

		if (last == NULL || sink_branch(last, &setup) == 0) {
			last = sink;
			continue;
		}
		/* The copy came short: all read the bytes from memory. */
		FOR_EACH_ACTIVE(other, job, supply)
			store_release(&other->copy);
		if (supply_save(supply, supply->own.from) < 0)
			fail(job, sink, ZC_SOURCE, errno);
		return;
	}
}

static void
moved(struct zc_job *job, struct sink *sink, enum motion motion,
    enum zc_method method, int64_t moved)
{
	struct zc_result *result = &sink->result;
	struct supply *supply = sink->supply;

	if (moved == 0) {
		if (motion != FINISH || !sink->finished)
			loop_report(job, sink, ZC_EVENT_INTERRUPTED, method,
			    EINTR);
		return;
	}
	sink->unexpected = sink->spins = 0;
	supply->dry = false;
	if (motion_takes(motion) && supply->method != NULL &&
	    method == supply->method->id)
		supply->overruled = false;
	motion_count(sink, motion, moved);
	if (motion == TAKE && !sink_has_spilled(sink))
		branch(job, supply);
	if (motion != TAKE) {
		if (result->use[method].bytes == 0 && method != ZC_AUTO)
			result->used[result->used_count++] = method;
		result->use[method].bytes += moved;
	}
	/* Gathering is progress, though nothing is delivered for long. */
	if (motion != TAKE || sink->gather)
		report(job, sink, (struct zc_event){ .type = ZC_EVENT_MOVED,
			.method = method,
			.moved = moved_by(sink, motion, moved) });
	/* A kernel file took half of a command. */
	if (motion == GIVE && sink->gather && sink->given < supply->taken &&
	    is_active(sink))
		fail(job, sink, ZC_SINK, EIO);
}

/** Note what the sink, or its supply, is to wait for. */
static void
block(struct zc_job *job, struct sink *sink, const struct step *step)
{
	struct supply *supply = sink->supply;
	const struct end *end = step->side == ZC_SOURCE ? &supply->in :
	    &sink->end;

	/* EAGAIN without O_NONBLOCK: another process that shares the
	 * description may have cleared the flag since, so allow it once. */
	if (job->request.wait != NULL && end->kind != ZC_HOOKS &&
	    end_timeout(end) == 0 && !end_waits_by_poll(end) &&
	    sink->unexpected++ > 0) {
		fail(job, sink, step->side, EAGAIN);
		return;
	}
	sink->result.side = step->side;
	if (step->side == ZC_SOURCE) {
		supply->blocked = true;
		supply->wait = step->wait;
	} else {
		sink->blocked = true;
		sink->wait = step->wait;
	}
}

/** True if calls keep failing with EAGAIN though poll(2) says that the sink is
 * ready: sendfile(2) from ZFS did so.  See confirm_step() for the source. */
static bool
spins(struct sink *sink, enum zc_method method, enum zc_side side)
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
		fail(job, sink, ZC_SINK, EAGAIN);
	else
		refused(job, sink, EAGAIN);
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
	if (!is_active(sink) || sink->end.kind != ZC_SOCKET ||
	    end_waits_by_poll(&sink->end) || end_is_ready(&sink->end) ||
	    (motion == THROUGH && confirm_doubts(sink->supply) == 0))
		return;
	if (sink->timeout > 0 && clock_now() - began >= sink->timeout) {
		const struct step step = step_blocked(&sink->end);

		block(job, sink, &step);
		return;
	}
	loop_report(job, sink, ZC_EVENT_INTERRUPTED, method, EINTR);
}

/** Return what the next call may do. */
static struct call
next_call(const struct zc_job *job, const struct sink *sink,
    enum motion motion)
{
	const struct supply *supply = sink->supply;
	size_t block = job->request.block_size;
	int64_t max = (int64_t)(block != 0 ? MIN(block, CALL_MAX) : CALL_MAX);

	if (motion == GIVE)
		max = MIN(sink_room(sink), (int64_t)CALL_MAX);
	if (motion_takes(motion))
		max = MIN(max, MIN(supply->left, supply_room(supply)));
	if (motion == THROUGH)
		max = MIN(max, sink_room(sink));
	return (struct call){
		.max = (size_t)max,
		.all = supply->left,
		.more = supply->left > 0 || sink->given < supply->taken ||
		    sink->trailer.left > 0,
		.nodisk = job->request.flags & ZC_NODISKIO,
		.splice_flags = job->splice_flags,
	};
}

/** Limit the call to what the request's function allows.  Return false if it
 * allows nothing now. */
static bool
is_allowed(struct zc_job *job, struct sink *sink, struct call *call)
{
	struct step step = { .outcome = STEP_BLOCKED, .side = ZC_SOURCE,
		.wait = { .fd = -1 } };
	int64_t most;

	if (job->request.allow == NULL)
		return true;
	most = job->request.allow((int64_t)call->max, &step.wait.until,
	    job->request.arg);
	if (most > 0) {
		call->max = (size_t)MIN(most, (int64_t)call->max);
		return true;
	}
	if (most == 0) {
		sink->supply->blocked = true;
		sink->supply->wait = step.wait;
		sink->result.side = ZC_SOURCE;
	} else if (errno == EINTR) {
		loop_report(job, sink, ZC_EVENT_INTERRUPTED, ZC_AUTO, EINTR);
	} else {
		fail(job, sink, ZC_SOURCE, errno);
	}
	return false;
}

/** Send what the sink keeps back, because we may sleep now: else it would wait
 * as long as we do.  Return false if the sink is not ready, or failed. */
static bool
flush(struct zc_job *job, struct sink *sink)
{
	const struct step step = sink_flush(sink);

	if (step.outcome == STEP_BLOCKED)
		block(job, sink, &step);
	else if (step.outcome == STEP_FAILED)
		fail(job, sink, ZC_SINK, step.error);
	return step.outcome == STEP_MOVED;
}

/** Before a source that has nothing yet makes us wait, flush its sinks. */
static bool
flush_all(struct zc_job *job, struct supply *supply)
{
	FOR_EACH_ACTIVE(sink, job, supply) {
		if (!sink_keeps_back(sink))
			continue;
		if (supply->in.start >= 0 || end_is_ready(&supply->in))
			return true;
		if (!flush(job, sink))
			return false;
	}
	return true;
}

static void
act(struct zc_job *job, struct sink *sink, enum motion motion,
    enum zc_method method, const struct step *step)
{
	struct supply *supply = sink->supply;

	switch (step->outcome) {
	case STEP_MOVED:
		moved(job, sink, motion, method, step->moved);
		break;
	case STEP_ENDED:
		/* From a mapping: the file ends before the bytes held. */
		if (motion == GIVE && supply_put_back(supply, sink->given) < 0)
			refused(job, sink, EFAULT);
		else
			supply->ended = true;
		break;
	case STEP_UNSUITED:
		refused(job, sink, step->error);
		break;
	case STEP_BLOCKED:
		if (spins(sink, method, step->side))
			give_up(job, sink, method);
		else
			block(job, sink, step);
		break;
	case STEP_WOULD_WAIT:
		sink->result.outcome = ZC_WOULD_WAIT;
		sink->result.side = ZC_SOURCE;
		sink->result.error = EBUSY;
		break;
	case STEP_FAILED:
		fail(job, sink, step->side, step->error);
		break;
	}
}

/** Make one step for this sink, and act on its outcome. */
static void
turn(struct zc_job *job, struct sink *sink)
{
	struct supply *supply = sink->supply;
	enum motion motion = motion_next(sink);
	enum zc_method method;
	struct call call;
	struct step step;
	int64_t began;

	/* Check this first: if the named method was refused, the job fails
	 * even when all bytes taken could be delivered. */
	if (sink->candidate >= sink->plan.count && !sink_has_spilled(sink)) {
		out_of_methods(job, sink);
		return;
	}
	if (complete(job, sink) || at_limit(job, sink, motion))
		return;
	if (motion == TAIL && !sink->approved) {
		sink->approved = true;
		loop_report(job, sink, ZC_EVENT_TRAILER, ZC_AUTO, 0);
		return;
	}
	if (motion_takes(motion) && supply->outdated) {
		supply_close_method(supply);
		loop_begin(job, supply);
		return;
	}
	call = next_call(job, sink, motion);
	if (motion_takes(motion) &&
	    (!flush_all(job, supply) || !is_allowed(job, sink, &call)))
		return;
	method = motion_method(sink, motion);
	sink->result.use[method].calls++;
	began = sink->timeout > 0 ? clock_now() : 0;
	step = confirm_step(sink, motion_step(sink, motion, &call), &motion,
	    &method, &call);
	act(job, sink, motion, method, &step);
	if (step.outcome == STEP_MOVED && step.cut)
		cut_short(job, sink, motion, method, began);
}

/** True if every sink of the supply has got the bytes that were taken. */
static bool
is_drained(struct zc_job *job, struct supply *supply)
{
	FOR_EACH_ACTIVE(sink, job, supply)
		if (sink->given < supply->taken && !sink->gather)
			return false;
	return true;
}

/** Return the next sink, by turns, for which a step can be made; or NULL. */
static struct sink *
next_sink(struct zc_job *job)
{
	for (size_t i = 0; i < job->sink_count; i++) {
		struct sink *sink;

		job->turn = (job->turn + 1) % job->sink_count;
		sink = &job->sink[job->turn];
		if (!is_active(sink) || sink->blocked)
			continue;
		if (!motion_takes(motion_next(sink)) ||
		    (!sink->supply->blocked && is_drained(job, sink->supply)))
			return sink;
	}
	return NULL;
}

static void
unblock(struct zc_job *job)
{
	for (size_t i = 0; i < job->sink_count; i++)
		job->sink[i].blocked = job->sink[i].supply->blocked = false;
}

/** Collect in job->waits what the sinks wait for, and return how many there
 * are.  *ours is false if a socket has a timeout of its own (SO_RCVTIMEO,
 * SO_SNDTIMEO): EAGAIN means that it is over, and the caller wants to know. */
static size_t
collect(struct zc_job *job, bool *ours)
{
	size_t count = 0;

	FOR_EACH_ACTIVE(sink, job, NULL) {
		const struct supply *supply = sink->supply;

		if (sink->blocked) {
			job->waits[count++] = sink->wait;
			*ours &= end_timeout(&sink->end) == 0;
		} else if (supply->blocked && (!supply->shared ||
		    sink == next_active(job, supply, NULL))) {
			job->waits[count++] = supply->wait;
			*ours &= supply->wait.fd < 0 ||
			    end_timeout(&supply->in) == 0;
		}
	}
	return count;
}

/** Hand over to the caller what the job waits for. */
static void
pause_job(struct zc_job *job, size_t n, struct zc_wait *waits, size_t count)
{
	FOR_EACH_ACTIVE(sink, job, NULL)
		sink->result.error = EAGAIN;
	for (size_t i = 0; i < count; i++)
		waits[i] = i < n ? job->waits[i] :
		    (struct zc_wait){ .fd = -1 };
}

/** Wait until a step can be made, by the request's function.  Return false if
 * the caller is to wait. */
static bool
wait_for_any(struct zc_job *job, struct zc_wait *waits, size_t count)
{
	bool ours = job->request.wait != NULL;
	struct sink *sink;
	size_t n;

	FOR_EACH_ACTIVE(idle, job, NULL)
		if (job->sink_count > 1 && !idle->blocked &&
		    sink_keeps_back(idle))
			(void)flush(job, idle);
	sink = next_active(job, NULL, NULL);
	if (sink == NULL)
		return true;
	n = collect(job, &ours);
	if (!ours) {
		pause_job(job, n, waits, count);
		return false;
	}
	if (job->request.wait(job->waits, n, job->request.arg) >= 0)
		unblock(job);
	else if (errno == EINTR) {
		unblock(job);
		loop_report(job, sink, ZC_EVENT_INTERRUPTED, ZC_AUTO, EINTR);
	} else
		fail(job, sink, sink->result.side, errno);
	return true;
}

bool
loop_run(struct zc_job *job, struct zc_wait *waits, size_t count)
{
	unblock(job);
	while (next_active(job, NULL, NULL) != NULL) {
		struct sink *sink = next_sink(job);

		if (sink != NULL)
			turn(job, sink);
		else if (!wait_for_any(job, waits, count))
			return false;
	}
	return true;
}
