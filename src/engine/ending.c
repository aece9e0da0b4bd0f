#include "config.h"

#include "ending.h"

#include <errno.h>

struct sink *
job_next_active(struct zc_job *job, const struct supply *supply,
    struct sink *sink)
{
	sink = sink == NULL ? job->sink : sink + 1;
	for (; sink < job->sink + job->sink_count; sink++)
		if (sink_is_active(sink) &&
		    (supply == NULL || sink->supply == supply))
			return sink;
	return NULL;
}

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
		sink->result.lost += supply_lost(supply, sink->given);
	else
		sink->result.lost += supply_settle(supply, sink->given);
}

/** End this sink alone.  If another range will follow, keep what it uses. */
static void
end_alone(const struct zc_job *job, struct sink *sink, enum zc_outcome outcome,
    int error)
{
	sink->result.outcome = outcome;
	sink->result.error = error;
	if (outcome == ZC_DONE && job->keeps)
		sink_uncork(sink);
	else
		settle(sink);
}

/** Return the first sink that has not ended; or NULL.  One that would wait for
 * the disk goes on when the job is run again. */
static struct sink *
first_left(struct zc_job *job)
{
	for (size_t i = 0; i < job->sink_count; i++)
		if (sink_is_active(&job->sink[i]) ||
		    job->sink[i].result.outcome == ZC_WOULD_WAIT)
			return &job->sink[i];
	return NULL;
}

/** End all other sinks, because this one has ended. */
static void
end_others(struct zc_job *job, const struct sink *sink)
{
	struct sink *other;

	while ((other = first_left(job)) != NULL) {
		other->result.side = sink->result.side;
		if (sink_has_failed(sink))
			end_alone(job, other, ZC_STOPPED, ECANCELED);
		else
			end_alone(job, other, sink->result.outcome,
			    sink->result.error);
	}
}

void
job_end_sink(struct zc_job *job, struct sink *sink, enum zc_outcome outcome,
    int error)
{
	end_alone(job, sink, outcome, error);
	if (outcome == ZC_DONE || outcome == ZC_SHORT)
		return;
	if (sink_has_failed(sink) && (job->request.flags & ZC_DROP_SINKS) &&
	    first_left(job) != NULL)
		job_report(job, sink, ZC_EVENT_DROPPED, ZC_AUTO, error);
	else
		end_others(job, sink);
}

void
job_settle(struct zc_job *job)
{
	int saved = errno;

	for (size_t i = 0; i < job->sink_count; i++)
		settle(&job->sink[i]);
	errno = saved;
}

void
job_fail_sink(struct zc_job *job, struct sink *sink, enum zc_side side,
    int error)
{
	sink->result.side = side;
	job_end_sink(job, sink, ZC_FAILED, error);
}

void
job_drop_sinks(struct zc_job *job)
{
	if (!job->drops)
		return;
	job->drops = false;
	FOR_EACH_ACTIVE(sink, job, NULL)
		if (sink->dropped != 0)
			job_fail_sink(job, sink, ZC_SINK, sink->dropped);
}

void
job_end_all(struct zc_job *job, enum zc_outcome outcome, int error)
{
	struct sink *sink;

	while ((sink = first_left(job)) != NULL)
		end_alone(job, sink, outcome, error);
}

static void
report(struct zc_job *job, struct sink *sink, struct zc_event event)
{
	if (job->request.event == NULL ||
	    (!sink_is_active(sink) && event.type != ZC_EVENT_DROPPED))
		return;
	event.bytes = sink->result.bytes;
	event.plan = &sink->plan;
	event.sink = sink->index;
	if (job->request.event(&event, job->request.arg) == 0)
		return;
	if (!sink_is_active(sink))
		sink = first_left(job);
	job_end_sink(job, sink, ZC_STOPPED, EINTR);
}

void
job_report(struct zc_job *job, struct sink *sink, enum zc_event_type type,
    enum zc_method method, int error)
{
	report(job, sink, (struct zc_event){ .type = type, .method = method,
		.error = error });
}

void
job_report_moved(struct zc_job *job, struct sink *sink, enum zc_method method,
    const struct zc_moved *moved)
{
	report(job, sink, (struct zc_event){ .type = ZC_EVENT_MOVED,
		.method = method, .moved = *moved });
}
