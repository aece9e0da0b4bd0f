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

/** Return the first sink after `sink` (NULL: the first of all) that the supply
 * serves and that has a candidate left; or NULL. */
static struct sink *
next_with_candidate(struct zc_job *job, struct supply *supply,
    struct sink *sink)
{
	do
		sink = job_next_active(job, supply, sink);
	while (sink != NULL && sink->candidate >= sink->plan.count);
	return sink;
}

/** Return the method for all sinks that the supply serves: the candidate of
 * each, or read-write if they differ. */
static enum zc_method
choose(struct zc_job *job, struct supply *supply)
{
	struct sink *sink = next_with_candidate(job, supply, NULL);
	enum zc_method method = sink_method(sink);

	while ((sink = next_with_candidate(job, supply, sink)) != NULL)
		if (sink_method(sink) != method)
			return ZC_READ_WRITE;
	return method;
}

/** Begin with this method.  Return 0, or -1 with errno; ENOTSUP: it has no row
 * for these ends. */
static int
begin(struct zc_job *job, struct supply *supply, enum zc_method id)
{
	struct sink *first = next_with_candidate(job, supply, NULL);
	const struct setup setup = sink_setup(first, &job->request);
	const struct method *method = method_for(id, &supply->in, &first->end,
	    supply->shared);

	errno = ENOTSUP;
	if (method == NULL || method->suits(&setup.ends) != NULL)
		return -1;
	return supply_use(supply, method, &setup);
}

/** Go on to the next candidate where it is this method (ZC_AUTO: any).  Return
 * false if there is no such sink. */
static bool
refuse(struct zc_job *job, struct supply *supply, enum zc_method method,
    int error)
{
	struct sink *sink = NULL;
	bool any = false;

	while ((sink = next_with_candidate(job, supply, sink)) != NULL) {
		if (method != ZC_AUTO && sink_method(sink) != method)
			continue;
		note_refusal(job, sink, error);
		sink->candidate++;
		any = true;
	}
	return any;
}

void
fallback_begin(struct zc_job *job, struct supply *supply)
{
	supply->outdated = false;
	while (next_with_candidate(job, supply, NULL) != NULL) {
		enum zc_method method = choose(job, supply);
		int error;

		FOR_EACH_ACTIVE(sink, job, supply)
			sink->result.method = sink_method(sink);
		error = begin(job, supply, method) < 0 ? errno : 0;
		if (error == 0) {
			FOR_EACH_ACTIVE(sink, job, supply)
				if (sink->candidate < sink->plan.count)
					sink->result.method = method;
			return;
		}
		/* If it is no sink's candidate, it was chosen because these
		 * differ. */
		if (!refuse(job, supply, method, error))
			(void)refuse(job, supply, ZC_AUTO, error);
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
