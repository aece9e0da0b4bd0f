#include "config.h"

#include "waiting.h"

#include <errno.h>
#include <sys/param.h>

#include "ending.h"

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
		job_fail(job, sink, step->side, EAGAIN);
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
wait_allows(struct zc_job *job, struct sink *sink, struct call *call)
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
		job_report(job, sink, ZC_EVENT_INTERRUPTED, ZC_AUTO, EINTR);
	} else {
		job_fail(job, sink, ZC_SOURCE, errno);
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
		wait_note(job, sink, &step);
	else if (step.outcome == STEP_FAILED)
		job_fail(job, sink, ZC_SINK, step.error);
	return step.outcome == STEP_MOVED;
}

bool
wait_flush(struct zc_job *job, struct supply *supply)
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

	FOR_EACH_ACTIVE(sink, job, NULL) {
		const struct supply *supply = sink->supply;

		if (sink->blocked) {
			job->waits[count++] = sink->wait;
			*ours &= end_timeout(&sink->end) == 0;
		} else if (supply->blocked && (!supply->shared ||
		    sink == job_next_active(job, supply, NULL))) {
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
		if (job->sink_count > 1 && !idle->blocked &&
		    sink_keeps_back(idle))
			(void)flush(job, idle);
	sink = job_next_active(job, NULL, NULL);
	if (sink == NULL)
		return true;
	n = collect(job, &ours);
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
		job_fail_all(job, errno);
	return true;
}
