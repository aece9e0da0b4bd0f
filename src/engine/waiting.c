#include "config.h"

#include "waiting.h"

#include <errno.h>
#include <sys/param.h>

#include "../base/clock.h"
#include "../base/minmax.h"
#include "ending.h"
#include "pace.h"

/** Return now + `time`, or the last moment there is. */
static int64_t
in_time(int64_t time)
{
	int64_t now = clock_now();

	return time > INT64_MAX - now ? INT64_MAX : now + time;
}

/** Begin the timeout again. */
static void
renew(struct stall *stall, int64_t timeout)
{
	*stall = (struct stall){ .due = in_time(timeout) };
}

/** Return true if the timeout has passed.  We may have been stopped (SIGSTOP)
 * until now, so grant an eighth of it again, once. */
static bool
has_passed(struct stall *stall, int64_t timeout)
{
	if (clock_now() < stall->due)
		return false;
	stall->over = stall->extended;
	if (!stall->extended) {
		stall->extended = true;
		stall->due = in_time(timeout / 8);
	}
	return stall->over;
}

void
wait_renew(struct zc_job *job, struct sink *sink)
{
	if (job->request.timeout == 0)
		return;
	renew(&job->stall, job->request.timeout);
	if (sink != NULL)
		sink->stall.due = 0;	/* until it is blocked again */
}

/** Put the timeout off, because the caller allows nothing before this time. */
static void
excuse(struct zc_job *job, int64_t until)
{
	int64_t timeout = job->request.timeout;

	if (timeout > 0 && until > 0)
		job->stall.due = MAX(job->stall.due,
		    until > INT64_MAX - timeout ? INT64_MAX :
		    until + timeout);
}

/** Begin the timeout again for sinks whose queue has changed since the last
 * call.  A slow peer may take data long before there is room for more. */
static void
look_at_queues(struct zc_job *job)
{
	FOR_EACH_ACTIVE(sink, job, NULL) {
		int before = sink->queued;

		sink->queued = end_queued(&sink->end);
		if (sink->queued == before)
			continue;
		renew(&job->stall, job->request.timeout);
		if (sink->stall.due != 0)
			renew(&sink->stall, job->request.timeout);
	}
}

/** True if the sink has no room for what it is to get now.  Without O_NONBLOCK
 * it is not noted as blocked: calls for all that are full block in turn, until
 * they are interrupted. */
static bool
is_full(const struct sink *sink)
{
	const struct supply *supply = sink->supply;
	const bool waits = sink->blocked || !supply->shared ||
	    sink->given < supply->taken;

	return waits && (sink->end.kind == ZC_HOOKS ? sink->blocked :
	    !end_is_ready(&sink->end));
}

/** Return how many of several sinks have no room, and in *stalled for how many
 * of them the timeout has passed. */
static size_t
count_full(struct zc_job *job, size_t *stalled)
{
	size_t full = 0;

	*stalled = 0;
	FOR_EACH_ACTIVE(sink, job, NULL) {
		sink->stall.over = false;
		if (!is_full(sink)) {
			sink->stall.due = 0;
			continue;
		}
		full++;
		if (sink->stall.due == 0)
			renew(&sink->stall, job->request.timeout);
		*stalled += has_passed(&sink->stall, job->request.timeout);
	}
	return full;
}

/** End the sinks for which count_full() has found that the timeout passed. */
static void
end_stalled(struct zc_job *job)
{
	FOR_EACH_ACTIVE(sink, job, NULL) {
		if (!sink->stall.over)
			continue;
		sink->result.side = ZC_SINK;
		job_end_sink(job, sink, ZC_STALLED, ETIMEDOUT);
	}
}

bool
wait_check_timeout(struct zc_job *job)
{
	int64_t timeout = job->request.timeout;
	size_t full = 0, stalled = 0, active = 0;

	if (timeout == 0)
		return false;
	look_at_queues(job);
	FOR_EACH_ACTIVE(sink, job, NULL)
		active++;
	if (active > 1)
		full = count_full(job, &stalled);
	if (stalled > 0 && stalled < active) {
		end_stalled(job);
		return true;
	}
	/* If only some sinks have no room, the others wait for these, which end
	 * alone once their own timeouts have passed. */
	if ((full > 0 && full < active) || !has_passed(&job->stall, timeout))
		return false;
	FOR_EACH_ACTIVE(sink, job, NULL) {
		/* Do not poll the source: a unix socket keeps POLLIN set after
		 * a partial splice (Linux 6.18). */
		if (sink->end.kind != ZC_HOOKS)
			sink->result.side = end_is_ready(&sink->end) ?
			    ZC_SOURCE : ZC_SINK;
	}
	job_end_all(job, ZC_STALLED, ETIMEDOUT);
	return true;
}

/** Limit the wait to the timeout, and to an eighth of it, so that
 * look_at_queues() is called a few times before. */
static void
bound(struct zc_job *job, size_t count)
{
	int64_t timeout = job->request.timeout, until;

	if (timeout == 0)
		return;
	until = min64(job->stall.due, in_time(timeout / 8 + 1));
	for (size_t i = 0; i < count; i++)
		if (job->waits[i].until == 0 || job->waits[i].until > until)
			job->waits[i].until = until;
}

void
wait_note(struct zc_job *job, struct sink *sink, const struct step *step)
{
	struct supply *supply = sink->supply;
	struct end *end = step->side == ZC_SOURCE ? &supply->in : &sink->end;

	end->interrupted = 0;
	/* EAGAIN without O_NONBLOCK: another process that shares the
	 * description may have cleared the flag since, so allow it once. */
	if (job->request.wait != NULL && end->kind != ZC_HOOKS &&
	    end_timeout(end) == 0 && !end_waits_by_poll(end) &&
	    sink->unexpected++ > 0) {
		job_fail_sink(job, sink, step->side, EAGAIN);
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

void
wait_interrupted(struct zc_job *job, struct sink *sink, struct end *end)
{
	const struct step step = step_blocked(end);
	const int64_t limit = end_timeout(end), now = clock_now();

	if (limit == 0)
		return;
	if (end->interrupted == 0)
		end->interrupted = now;
	else if (now - end->interrupted >= limit)
		wait_note(job, sink, &step);
}

void
wait_sleep(struct sink *sink, int64_t time)
{
	if (time == 0)
		return;
	sink->blocked = true;
	sink->wait = (struct zc_wait){ .fd = -1, .until = in_time(time) };
}

bool
wait_flush_sink(struct zc_job *job, struct sink *sink)
{
	if (sink_flush(sink) == 0)
		return true;
	if (errno == EAGAIN) {
		const struct step step = step_blocked(&sink->end);

		wait_note(job, sink, &step);
	} else if (errno == EINTR) {
		job_report(job, sink, ZC_EVENT_INTERRUPTED, ZC_AUTO, EINTR);
	} else {
		job_fail_sink(job, sink, ZC_SINK, errno);
	}
	return false;
}

/** Return 1 if nothing is left to take, 0 if something may be, or -1 with
 * errno.  Do not look at the disk while the source has more by its size, or if
 * that is not allowed. */
static int
is_over(const struct supply *supply, const struct call *call)
{
	return call->nodisk || supply_known_left(supply) != 0 ? 0 :
	    end_is_over(&supply->in);
}

bool
wait_allows(struct zc_job *job, struct sink *sink, struct call *call)
{
	struct zc_wait wait = { .fd = -1 };
	struct supply *supply = sink->supply;
	int64_t behind, most;
	int over;

	if (job->request.allow == NULL)
		return true;
	/* What another sink has taken was allowed then. */
	behind = pace_behind(job, sink);
	if (behind > 0) {
		call->max = MIN(behind, call->max);
		return true;
	}
	most = job->request.allow(call->max, &wait.until, job->request.arg);
	if (most > 0) {
		call->max = MIN(most, call->max);
		return true;
	}
	over = most == 0 && wait.until != 0 ? is_over(supply, call) : 0;
	if (over > 0) {
		supply->ended = true;
	} else if (most == 0 && over == 0) {
		supply->blocked = true;
		supply->wait = wait;
		supply->in.interrupted = 0;	/* no call is waiting now */
		sink->result.side = ZC_SOURCE;
		excuse(job, wait.until);
	} else if (errno == EINTR) {
		job_report(job, sink, ZC_EVENT_INTERRUPTED, ZC_AUTO, EINTR);
	} else {
		job_fail_sink(job, sink, ZC_SOURCE, errno);
	}
	return false;
}

bool
wait_flush(struct zc_job *job, struct supply *supply)
{
	FOR_EACH_ACTIVE(sink, job, supply) {
		if (!sink_keeps_back(sink))
			continue;
		if (supply->in.start >= 0 || end_is_ready(&supply->in))
			return true;
		if (!wait_flush_sink(job, sink))
			return false;
	}
	return true;
}

void
wait_over(struct zc_job *job)
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
	bool listed = false;		/* what a shared supply waits for */

	FOR_EACH_ACTIVE(sink, job, NULL) {
		const struct supply *supply = sink->supply;

		if (sink->blocked) {
			job->waits[count++] = sink->wait;
			*ours &= end_timeout(&sink->end) == 0;
		} else if (supply->blocked && !listed) {
			listed = supply->shared;
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
	job->paused = pace_now(job);
	FOR_EACH_ACTIVE(sink, job, NULL)
		sink->result.error = EAGAIN;
	for (size_t i = 0; i < count; i++)
		waits[i] = i < n ? job->waits[i] :
		    (struct zc_wait){ .fd = -1 };
}

bool
wait_for_any(struct zc_job *job, struct zc_wait *waits, size_t count)
{
	bool ours = job->request.wait != NULL;
	struct sink *sink;
	int64_t began;
	int done, error;
	size_t n;

	FOR_EACH_ACTIVE(idle, job, NULL)
		if (!idle->blocked && sink_keeps_back(idle) &&
		    !wait_flush_sink(job, idle))
			return true;
	sink = job_next_active(job, NULL, NULL);
	if (sink == NULL || wait_check_timeout(job))
		return true;
	n = collect(job, &ours);
	bound(job, n);
	if (!ours) {
		pause_job(job, n, waits, count);
		return false;
	}
	began = pace_now(job);
	done = job->request.wait(job->waits, n, job->request.arg);
	error = errno;
	pace_count_wait(job, began);
	if (done >= 0 || error == EINTR)
		wait_over(job);
	if (done >= 0)
		return true;
	if (error == EINTR)
		job_report(job, sink, ZC_EVENT_INTERRUPTED, ZC_AUTO, EINTR);
	else
		job_end_all(job, ZC_FAILED, error);
	return true;
}
