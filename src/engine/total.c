#include "config.h"

#include "total.h"

#include <errno.h>
#include <sys/param.h>
#include <unistd.h>

/** Return the rank of a result.  The first sink of the highest rank speaks for
 * the whole job. */
static int
rank(const struct zc_result *result)
{
	switch (result->outcome) {
	case ZC_UNFINISHED:
	case ZC_WOULD_WAIT:
		return 3;
	case ZC_DONE:
		return 0;
	default:
		return result->error == ECANCELED ? 1 : 2;
	}
}

void
total_sum_up(struct zc_job *job)
{
	const struct supply *supply = job->supply;
	const struct zc_result *telling = &job->sink[0].result;
	struct zc_result *total = &job->total;
	int64_t least = INT64_MAX, all = INT64_MAX, most = 0;

	*total = (struct zc_result)ZC_RESULT_INIT;
	for (size_t i = 0; i < job->sink_count; i++) {
		const struct zc_result *result = &job->sink[i].result;

		if (rank(result) > rank(telling))
			telling = result;
		all = MIN(all, result->bytes);
		if (!sink_has_failed(&job->sink[i]))
			least = MIN(least, result->bytes);
		most = MAX(most, job->sink[i].given);
		total->header_bytes += result->header_bytes;
		total->trailer_bytes += result->trailer_bytes;
		total->hole_bytes += result->hole_bytes;
		for (size_t u = 0; u < result->used_count; u++)
			if (total->use[result->used[u]].bytes == 0)
				total->used[total->used_count++] =
				    result->used[u];
		for (int m = 0; m < ZC_METHODS; m++) {
			total->use[m].bytes += result->use[m].bytes;
			total->use[m].calls += result->use[m].calls;
		}
	}
	total->spent = job->spent;
	total->outcome = telling->outcome;
	total->side = telling->side;
	total->error = telling->error;
	total->reason = telling->reason;
	total->method = telling->method;
	total->bytes = least < INT64_MAX ? least : all;
	/* Lost is what no sink got, once none is left that could. */
	if (supply->shared && supply->sinks == 0)
		total->lost = supply_lost(supply, most);
}

void
total_leave_position(const struct zc_job *job)
{
	int saved = errno;

	if (job->moves)
		(void)lseek(job->supply->in.fd,
		    job->from + job->total.bytes, SEEK_SET);
	errno = saved;
}
