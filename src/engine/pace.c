#include "config.h"

#include "pace.h"

#include <sys/param.h>

#include "../base/clock.h"
#include "ending.h"
#include "kind.h"
#include "tuning.h"

int64_t
pace_step(struct zc_job *job)
{
	FOR_EACH_ACTIVE(sink, job, NULL)
		if (!kind_has_position(sink->end.kind))
			return LEAD_STEP;
	return LEAD_STEP_FILES;
}

int64_t
pace_limit(struct zc_job *job)
{
	int64_t least = INT64_MAX;

	if (job->supply_count == 1)
		return INT64_MAX;
	FOR_EACH_ACTIVE(sink, job, NULL)
		least = MIN(least, sink->supply->taken);
	return least > INT64_MAX - LEAD_MAX ? INT64_MAX :
	    least + LEAD_MAX - pace_step(job);
}

int64_t
pace_behind(struct zc_job *job, const struct sink *sink)
{
	int64_t most = sink->supply->taken;

	FOR_EACH_ACTIVE(other, job, NULL)
		most = MAX(most, other->supply->taken);
	return most - sink->supply->taken;
}

int64_t
pace_now(const struct zc_job *job)
{
	return job->sink_count > 1 ? clock_now() : 0;
}

void
pace_count_step(struct zc_job *job, struct sink *sink, enum motion motion,
    int64_t began)
{
	int64_t *spent = motion == TAKE ? &job->spent : &sink->result.spent;

	if (began != 0)
		*spent += clock_now() - began;
}

void
pace_count_wait(struct zc_job *job, int64_t began)
{
	const int64_t time = began != 0 ? clock_now() - began : 0;
	bool waits = false;		/* for the source */

	FOR_EACH_ACTIVE(sink, job, NULL) {
		if (sink->blocked)
			sink->result.spent += time;
		else if (sink->supply->blocked)
			waits = true;
	}
	if (waits)
		job->spent += time;
}
