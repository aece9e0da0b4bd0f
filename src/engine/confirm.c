#include "config.h"

#include "confirm.h"

#include <errno.h>

/* Room for the read(2) that confirms an end.  It rarely gets anything, so the
 * room is small, and on the heap. */
#define CONFIRM_BLOCK	((size_t)4096)

int
job_doubts_end(const struct zc_job *job)
{
	int more = 0;

	if (job->in.start >= 0 && job->method != &method_read_write)
		more = end_peek(&job->in);
	if (more < 0)
		return errno;
	return more > 0 ? ENODATA : 0;
}

/** Refuse the method. */
static struct step
job_false_end(struct zc_job *job)
{
	job->result.reason = "it saw the end where read(2) has more";
	return step_unsuited(ENODATA);
}

/**
 * Confirm the end of a source that has a position, by a peek.  If there is
 * more, the file may just have grown, so make the method's call again; if that
 * returns 0 from the same position, refuse the method.
 */
static struct step
job_confirm_by_peek(struct zc_job *job, enum motion motion)
{
	int doubt = job_doubts_end(job);
	struct step step;

	if (doubt == 0)
		return step_ended();
	if (doubt == EINTR)		/* by a FUSE server that is slow */
		return step_moved(0);
	if (doubt != ENODATA)
		return step_unsuited(doubt);
	job->result.use[job_method(job)].calls++;
	step = job_step(job, motion);
	return step.outcome == STEP_ENDED ? job_false_end(job) : step;
}

/**
 * Confirm the end, or EAGAIN, of a source without a position, by read(2).  What
 * read(2) gets is data like any other, and is given from the buffer.  Refuse a
 * method that saw a false end twice and moved nothing in between.
 */
static struct step
job_confirm_by_read(struct zc_job *job, bool ended, enum motion *motion,
    enum zc_method *method)
{
	struct step step;

	if (buffer_reserve(&job->buffer, CONFIRM_BLOCK) < 0)
		return step_unsuited(errno);
	step = method_read_write.fill(job);
	if (step.outcome != STEP_MOVED || step.moved == 0)
		return step;
	*motion = TAKE;
	*method = ZC_READ_WRITE;
	job->result.use[ZC_READ_WRITE].calls++;
	if (!ended || !job->overruled) {
		job->overruled |= ended;
		return step;
	}
	job_count(job, TAKE, step.moved);
	return job_false_end(job);
}

struct step
job_confirm(struct zc_job *job, struct step step, enum motion *motion,
    enum zc_method *method)
{
	const bool ended = step.outcome == STEP_ENDED;
	bool doubtful = ended;

	/* After the first EAGAIN we waited until poll(2) said POLLIN, so a
	 * second one is doubtful. */
	if (step.outcome == STEP_BLOCKED && step.side == ZC_SOURCE) {
		doubtful = job->dry && end_waits_by_poll(&job->in);
		job->dry = true;
	}
	if (!doubtful || !motion_takes(*motion) || *method == ZC_READ_WRITE ||
	    job->in.kind == ZC_PIPE || job->in.kind == ZC_TTY)
		return step;
	return job->in.start >= 0 ? job_confirm_by_peek(job, *motion) :
	    job_confirm_by_read(job, ended, motion, method);
}
