#include "config.h"

#include "motion.h"

#include <sys/param.h>

#include "cork.h"

enum zc_method
job_method(const struct zc_job *job)
{
	return job->plan.method[MIN(job->candidate, job->plan.count - 1)];
}

bool
job_data_is_out(const struct zc_job *job)
{
	return job->held == 0 && (job->left == 0 || job->ended);
}

enum motion
job_motion(const struct zc_job *job)
{
	bool more = job->left > 0 && !job->ended && job->method != NULL;

	if (job->headers.left > 0)
		return HEAD;
	if (job_data_is_out(job))
		return TAIL;
	if (job->held > 0 && !(job->gather && more))
		return GIVE;
	return job->through ? THROUGH : TAKE;
}

/** True if bytes in the buffer go next, whatever the method. */
static bool
job_uses_buffer(const struct zc_job *job, enum motion motion)
{
	return motion == GIVE && buffer_used(&job->buffer) > 0;
}

enum zc_method
job_motion_method(const struct zc_job *job, enum motion motion)
{
	if (motion == HEAD || motion == TAIL)
		return ZC_AUTO;
	return job_uses_buffer(job, motion) ? ZC_READ_WRITE : job_method(job);
}

/** Send what the cork holds back if the source has nothing yet: else it would
 * wait as long as we do. */
static void
job_uncork(const struct zc_job *job, enum motion motion)
{
	if (!job->corks || job->in.start >= 0 || !motion_takes(motion) ||
	    end_is_readable(&job->in))
		return;
	cork_pull(&job->out);
	if (job->trailers.left > 0)
		cork_insert(&job->out);
}

struct step
job_step(struct zc_job *job, enum motion motion)
{
	bool more = job->left > 0 || job->held > 0 || job->trailers.left > 0;

	job_uncork(job, motion);
	if (motion == HEAD)
		return job_write_pieces(job, &job->headers, more);
	if (motion == TAIL)
		return job_write_pieces(job, &job->trailers, false);
	if (job_uses_buffer(job, motion))
		return method_read_write.drain(job);
	return motion == TAKE ? job->method->fill(job) :
	    job->method->drain(job);
}

void
job_count(struct zc_job *job, enum motion motion, int64_t moved)
{
	struct zc_result *result = &job->result;

	if (motion == HEAD) {
		pieces_advance(&job->headers, moved);
		result->header_bytes += moved;
	}
	if (motion == TAIL) {
		pieces_advance(&job->trailers, moved);
		result->trailer_bytes += moved;
	}
	if (motion_takes(motion))
		job->left -= moved;
	if (motion == TAKE)
		job->held += (size_t)moved;
	if (motion == GIVE)
		job->held -= (size_t)moved;
	if (motion == GIVE || motion == THROUGH)
		result->bytes += moved;
}
