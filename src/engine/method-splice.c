/*
 * splice(2): pages move between any two descriptors through a pipe.
 *
 * The pipe is our own, even if one end is a pipe already.  While splice(2)
 * waits for a socket or a terminal it holds the pipe's lock, and a process that
 * reads or writes that pipe cannot even be killed.  splice(2) does not wait for
 * a file, and between two pipes it waits without locks, so there it moves bytes
 * directly.
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
splice_into_pipe(const struct zc_job *job)
{
	enum zc_kind in = job->in.kind;

	return job->out.kind == ZC_PIPE && (in == ZC_REGULAR || in == ZC_BLOCK);
}

/** True if splice(2) may move bytes from one end to the other directly. */
static bool
splice_is_direct(const struct zc_job *job)
{
	enum zc_kind out = job->out.kind;

	if (job->in.kind != ZC_PIPE)
		return splice_into_pipe(job);
	/* If only one of two pipes has O_NONBLOCK, splice(2) does not wait for
	 * the other one either. */
	if (out == ZC_PIPE)
		return ((job->in.flags ^ job->out.flags) & O_NONBLOCK) == 0;
	return out == ZC_REGULAR || out == ZC_BLOCK || out == ZC_NULL;
}

static int
splice_begin(struct zc_job *job)
{
	job->through = splice_is_direct(job);
	if (job->through)
		return 0;
	if (pipe_open(&job->pipe, job->request.pipe_size) < 0)
		return -1;
	/* A user with too much memory in pipes gets pipes of two pages
	 * (pipe(7)).  Then sendfile(2), whose internal pipe is larger, and
	 * read-write are faster. */
	if (job->pipe.size >= 64 * 1024 || job->request.pipe_size != 0 ||
	    job->request.method != ZC_AUTO)
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
	if (errno == EAGAIN)		/* our pipe is empty, so it has room */
		return job_step_eagain(job, ZC_SOURCE);
	if (step_error_is_gone(errno))
		return step_failed(ZC_SOURCE, errno);
	return step_unsuited(errno);
}

/** Return the end to wait for after EAGAIN, which splice(2) returns both for an
 * empty source pipe and for a full sink pipe. */
static enum zc_side
splice_waits_for(const struct zc_job *job)
{
	if (job->in.kind != ZC_PIPE)
		return ZC_SINK;
	if (job->out.kind != ZC_PIPE)
		return ZC_SOURCE;
	return end_is_readable(&job->in) ? ZC_SINK : ZC_SOURCE;
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
		return job_step_eagain(job, job->through ?
		    splice_waits_for(job) : ZC_SINK);
	if (step_error_is_full(errno) || step_error_is_gone(errno))
		return step_failed(ZC_SINK, errno);
	return step_unsuited(errno);
}

/* A quarter of a pipe of 1 MiB.  The reader is woken when the call returns, so
 * it works while we fill the rest: a reader that splices was twice as fast. */
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
	/* 0 is not the end of the data: our pipe is not empty. */
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
