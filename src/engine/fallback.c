#include "config.h"

#include "fallback.h"

#include <errno.h>

#include "confirm.h"
#include "ending.h"

static void
note_refusal(struct zc_job *job, struct sink *sink, int error)
{
	struct zc_method_use *use = &sink->result.use[sink_method(sink)];

	use->refused = error;
	use->refused_at = sink->result.bytes;
	job_report(job, sink, ZC_EVENT_REFUSED, sink_method(sink), error);
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
		if (sink_is_active(sink))
			sink->candidate++;
	}
}

/** Return the first sink of the supply that has a candidate left; or NULL. */
static struct sink *
next_with_candidate(struct zc_job *job, struct supply *supply)
{
	FOR_EACH_ACTIVE(sink, job, supply)
		if (sink->candidate < sink->plan.count)
			return sink;
	return NULL;
}

void
fallback_begin(struct zc_job *job, struct supply *supply)
{
	struct sink *first;

	supply->outdated = false;
	while ((first = next_with_candidate(job, supply)) != NULL) {
		const struct setup setup = sink_setup(first, &job->request);
		const struct method *method;

		method = method_for(choose(job, supply, first), &supply->in,
		    &first->end, supply->shared);
		FOR_EACH_ACTIVE(sink, job, supply)
			sink->result.method = sink_method(sink);
		errno = ENOTSUP;
		if (method != NULL && method->suits(&setup.ends) == NULL &&
		    supply_use(supply, method, &setup) == 0)
			return;
		refuse_all(job, supply, errno);
	}
}

void
fallback_refused(struct zc_job *job, struct sink *sink, int error)
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
		job_fail_sink(job, sink, ZC_SOURCE, errno);
		return;
	}
	note_refusal(job, sink, error);
	if (!sink_is_active(sink))
		return;
	sink->candidate++;
	if (sink->candidate < sink->plan.count)
		sink->result.reason = NULL;	/* it was about the old one */
	supply->outdated = true;
	if (supply->shared)
		return;
	supply_close_method(supply);
	fallback_begin(job, supply);
}

void
fallback_none_left(struct zc_job *job, struct sink *sink)
{
	int error = sink->result.use[sink_method(sink)].refused;

	if (step_error_is_full(error))
		job_fail_sink(job, sink, ZC_SINK, error);
	else if (error == EIO && confirm_doubts(sink->supply) == EIO)
		job_fail_sink(job, sink, ZC_SOURCE, error);
	else
		job_end_sink(job, sink, ZC_UNSUITED, error);
}
