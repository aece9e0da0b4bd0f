#include "config.h"

#include "waiting.h"

#include <errno.h>
#include <sys/param.h>

#include "../base/clock.h"
#include "ending.h"

/** Return now + `time`, or the last moment there is. */
static int64_t
in_time(int64_t time)
{
	int64_t now = clock_now();

	return time > INT64_MAX - now ? INT64_MAX : now + time;
}

void
wait_renew(struct zc_job *job)
{
	if (job->request.timeout == 0)
		return;
	job->due = in_time(job->request.timeout);
	job->extended = false;
}

/** The caller lets nothing be taken before this time: that is no stall. */
static void
excuse(struct zc_job *job, int64_t until)
{
	int64_t timeout = job->request.timeout;

	if (timeout > 0 && until > 0)
		job->due = MAX(job->due, until > INT64_MAX - timeout ?
		    INT64_MAX : until + timeout);
}

/** True if a sink's queue has changed since the last call.  A slow peer may
 * take data long before there is room for more. */
static bool
queues_changed(struct zc_job *job)
{
	bool drained = false;

	FOR_EACH_ACTIVE(sink, job, NULL) {
		int before = sink->queued;

		sink->queued = end_queued(&sink->end);
		drained |= sink->queued != before;
	}
	return drained;
}

bool
wait_check_timeout(struct zc_job *job)
{
	int64_t timeout = job->request.timeout;

	if (timeout == 0)
		return false;
	if (queues_changed(job))
		wait_renew(job);
	if (clock_now() < job->due)
		return false;
	/* We may have been stopped (SIGSTOP) until now, so grant an eighth of
	 * the time again, once. */
	if (!job->extended) {
		job->extended = true;
		job->due = in_time(timeout / 8);
		return false;
	}
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

/** Wait no longer than the timeout, and look a few times before that whether a
 * queue has changed. */
static void
bound(struct zc_job *job, size_t count)
{
	int64_t timeout = job->request.timeout, until;

	if (timeout == 0)
		return;
	until = MIN(job->due, in_time(timeout / 8 + 1));
	for (size_t i = 0; i < count; i++)
		if (job->waits[i].until == 0 || job->waits[i].until > until)
			job->waits[i].until = until;
}

void
wait_note(struct zc_job *job, struct sink *sink, const struct step *step)
{
	struct supply *supply = sink->supply;
	const struct end *end = step->side == ZC_SOURCE ? &supply->in :
	    &sink->end;

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

/** True if nothing is left to take.  Do not look at the disk while the source
 * has more by its size, or if that is not allowed. */
static bool
is_over(const struct supply *supply, const struct call *call)
{
	return !call->nodisk && supply_known_left(supply) == 0 &&
	    end_is_over(&supply->in);
}

bool
wait_allows(struct zc_job *job, struct sink *sink, struct call *call)
{
	struct zc_wait wait = { .fd = -1 };
	struct supply *supply = sink->supply;
	int64_t most;

	if (job->request.allow == NULL)
		return true;
	most = job->request.allow((int64_t)call->max, &wait.until,
	    job->request.arg);
	if (most > 0) {
		call->max = (size_t)MIN(most, (int64_t)call->max);
		return true;
	}
	if (most == 0 && is_over(supply, call)) {
		supply->ended = true;
	} else if (most == 0) {
		supply->blocked = true;
		supply->wait = wait;
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
	if (job->request.wait(job->waits, n, job->request.arg) >= 0)
		wait_over(job);
	else if (errno == EINTR) {
		wait_over(job);
		job_report(job, sink, ZC_EVENT_INTERRUPTED, ZC_AUTO, EINTR);
	} else
		job_end_all(job, ZC_FAILED, errno);
	return true;
}
