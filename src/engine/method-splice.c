/*
 * splice(2): pages move between any two descriptors through a pipe.
 *
 * The pipe is our own, even where one end is a pipe already: while splice(2)
 * waits for a socket or a terminal it holds the pipe's lock, and whoever reads
 * or writes that pipe could not even be killed.  A file never keeps it waiting,
 * and between two pipes it lets go of both, so there the user's pipe serves.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/param.h>
#include <unistd.h>

#include "job.h"

static const char *
splice_suits(const struct zc_ends *ends)
{
	(void)ends;
	return NULL;
}

#ifdef HAVE_SPLICE

static int
splice_available(void)
{
	(void)splice(-1, NULL, -1, NULL, 1, 0);
	return errno == EBADF ? 0 : errno;
}

static bool
splice_from_pipe(const struct zc_job *job)
{
	enum zc_kind out = job->out.kind;

	return job->in.kind == ZC_PIPE &&
	    (out == ZC_REGULAR || out == ZC_BLOCK || out == ZC_NULL);
}

/** With O_NONBLOCK on one of the two, splice(2) never waits for the other. */
static bool
splice_between_pipes(const struct zc_job *job)
{
	return job->in.kind == ZC_PIPE && job->out.kind == ZC_PIPE &&
	    ((job->in.flags ^ job->out.flags) & O_NONBLOCK) == 0;
}

static bool
splice_into_pipe(const struct zc_job *job)
{
	enum zc_kind in = job->in.kind;

	return job->out.kind == ZC_PIPE && (in == ZC_REGULAR || in == ZC_BLOCK);
}

/** Over their share, users get pipes of two pages (pipe(7)): sendfile(2), which
 * has one of its own, and read-write are faster then. */
static bool
splice_is_starved(const struct zc_job *job)
{
	return job->pipe.size < 64 * 1024 && job->request.pipe_size == 0 &&
	    job->request.method == ZC_AUTO;
}

static int
splice_begin(struct zc_job *job)
{
	job->through = splice_from_pipe(job) || splice_into_pipe(job) ||
	    splice_between_pipes(job);
	if (job->through)
		return 0;
	if (pipe_open(&job->pipe, job->request.pipe_size) < 0)
		return -1;
	if (!splice_is_starved(job))
		return 0;
	pipe_close(&job->pipe);
	errno = ENOBUFS;
	return -1;
}

static struct step
splice_fill(struct zc_job *job)
{
	ssize_t n = splice(job->in.fd, end_offset(&job->in), job->pipe.in,
	    NULL, job_limit(job, job->pipe.size), job->splice_flags);

	if (n > 0)
		return step_moved(n);
	if (n == 0)
		return step_ended();
	if (errno == EINTR)
		return step_moved(0);
	if (errno == EAGAIN)		/* our pipe is empty: not it */
		return job_step_again(job, ZC_SOURCE);
	if (step_error_is_gone(errno))
		return step_failed(ZC_SOURCE, errno);
	return step_unsuited(errno);
}

/** Whom EAGAIN speaks of, which says only that one of the ends is a pipe that
 * has nothing, or no room. */
static enum zc_side
splice_waits_for(const struct zc_job *job)
{
	if (job->in.kind != ZC_PIPE)
		return ZC_SINK;
	if (job->out.kind != ZC_PIPE)
		return ZC_SOURCE;
	return end_has_news(&job->in) ? ZC_SINK : ZC_SOURCE;
}

static struct step
splice_outcome(const struct zc_job *job, ssize_t n, int64_t asked)
{
	if (n > 0)
		return step_moved_of(n, asked);
	if (n == 0)
		return step_ended();
	if (errno == EINTR)
		return step_moved(0);
	if (errno == EAGAIN)
		return job_step_again(job, job->through ?
		    splice_waits_for(job) : ZC_SINK);
	if (step_error_is_full(errno) || step_error_is_gone(errno))
		return step_failed(ZC_SINK, errno);
	return step_unsuited(errno);
}

/* A quarter of a pipe of 1 MiB: its reader, who is woken when the call is done,
 * has work while the rest is filled.  One who splices was twice as fast. */
#define FROM_FILE_MAX	((size_t)256 * 1024)

static struct step
splice_through(struct zc_job *job)
{
	size_t most = splice_into_pipe(job) ? FROM_FILE_MAX : CALL_MAX;
	ssize_t n = splice(job->in.fd, end_offset(&job->in), job->out.fd,
	    end_offset(&job->out), job_limit(job, most), job->splice_flags);

	return splice_outcome(job, n, n);
}

static struct step
splice_drain(struct zc_job *job)
{
	int64_t size = MIN((int64_t)job->held, job_room(job, ZC_SINK));
	struct step step;
	ssize_t n;

	if (job->through)
		return splice_through(job);
	if (size == 0)
		return step_unsuited(EFBIG);
	n = splice(job->pipe.out, NULL, job->out.fd, end_offset(&job->out),
	    (size_t)size, job->splice_flags);
	step = splice_outcome(job, n, size);
	/* The pipe is not empty, so this end is none. */
	return step.outcome == STEP_ENDED ? step_unsuited(ENODATA) : step;
}

static int
splice_rescue(struct zc_job *job)
{
	return pipe_spill(&job->pipe, job->held, &job->buffer);
}

static void
splice_release(struct zc_job *job)
{
	pipe_close(&job->pipe);
}

const struct method method_splice = {
	.name = "splice",
	.summary = "splice(2): pages between any two ends, through a pipe",
	.available = splice_available,
	.suits = splice_suits,
	.begin = splice_begin,
	.fill = splice_fill,
	.drain = splice_drain,
	.rescue = splice_rescue,
	.release = splice_release,
};
#else
const struct method method_splice = METHOD_MISSING("splice",
    "splice(2): pages between any two ends, through a pipe",
    splice_suits);
#endif
