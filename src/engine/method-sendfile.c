/*
 * sendfile(2): a file's pages go to any descriptor without passing through us.
 *
 * One call does both halves, so nothing is ever held.
 */
#include "config.h"

#include <errno.h>
#include <sys/param.h>

#include "job.h"

static const char *
sendfile_suits(const struct zc_ends *ends)
{
	/* A socket would do when the sink is a pipe, but the kernel then waits
	 * for it with that pipe locked: its reader could not be killed. */
	if (ends->in == ZC_PIPE || ends->in == ZC_SOCKET || ends->in == ZC_TTY)
		return "the source must be a file or a device";
	if (ends->placed)
		return "it cannot write at an offset";
	return NULL;
}

#ifdef HAVE_LINUX_SENDFILE
#include <sys/sendfile.h>

static int
sendfile_available(void)
{
	(void)sendfile(-1, -1, NULL, 0);
	return errno == EBADF ? 0 : errno;
}

static struct step
sendfile_drain(struct zc_job *job)
{
	size_t size = job_limit(job, CALL_MAX);
	int64_t there = job_known_left(job);
	ssize_t n = sendfile(job->out.fd, job->in.fd, end_offset(&job->in),
	    size);

	if (n > 0)
		return step_moved_of(n, MIN(there, (int64_t)size));
	if (n == 0)
		return step_ended();	/* as cached; the job asks read(2) */

	if (errno == EINTR)
		return step_moved(0);
	if (errno == EAGAIN)
		return job_step_again(job, ZC_SINK);
	if (errno == ENOSPC || errno == EDQUOT || step_error_is_gone(errno))
		return step_failed(ZC_SINK, errno);
	/* EFBIG has been false, too: read-write finds out. */
	return step_unsuited(errno);
}

const struct method method_sendfile = {
	.name = "sendfile",
	.summary = "sendfile(2): pages of a file to anything, in the kernel",
	.available = sendfile_available,
	.suits = sendfile_suits,
	.drain = sendfile_drain,
};
#else
const struct method method_sendfile = METHOD_MISSING("sendfile",
    "sendfile(2): pages of a file to anything, in the kernel",
    sendfile_suits);
#endif
