/*
 * mmap(2) and write(2): one copy, out of the page cache.  The file is mapped a
 * window at a time; the kernel reads the next one from the disk while one is
 * being written.
 *
 * We never access the mapping ourselves: if the source has shrunk, that raises
 * SIGBUS, but write(2) fails with EFAULT.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "job.h"

/* If the file shrinks while it is mapped, the rest of its last page reads as
 * NULs.  Small windows make that less likely. */
#define WINDOW		((size_t)1024 * 1024)

static const char *
mmap_suits(const struct zc_ends *ends)
{
	if (ends->in != ZC_REGULAR && ends->in != ZC_BLOCK)
		return "the source must be a regular file or a block device";
	if (ends->out == ZC_NULL)
		return "the null device would count bytes it never looked at";
	return NULL;
}

static int64_t
mmap_source_size(const struct zc_job *job)
{
	struct stat st;

	if (job->in.kind == ZC_BLOCK)
		return job->in.size;
	return fstat(job->in.fd, &st) < 0 ? -1 : st.st_size;
}

static struct step
mmap_fill(struct zc_job *job)
{
	int64_t at = end_position(&job->in);
	int64_t there = mmap_source_size(job) - at;
	size_t size = job_limit(job, WINDOW);

	if (at < 0)
		return step_unsuited(errno);
	if (there <= 0)
		return step_ended();
	if ((int64_t)size > there)
		size = (size_t)there;

	(void)posix_fadvise(job->in.fd, at + (int64_t)size, (off_t)size,
	    POSIX_FADV_WILLNEED);
	if (window_map(&job->window, job->in.fd, at, size) < 0 ||
	    end_advance(&job->in, (int64_t)size) < 0)
		return step_unsuited(errno);
	return step_moved((int64_t)size);
}

/** Handle EFAULT.  If the page is beyond the end by now, the job has read(2)
 * confirm that; if it is on a bad block, the next method's read(2) fails. */
static struct step
mmap_fault(struct zc_job *job)
{
	if (mmap_source_size(job) >= end_position(&job->in) ||
	    job_put_back(job) < 0)
		return step_unsuited(EFAULT);
	return step_ended();
}

static struct step
mmap_drain(struct zc_job *job)
{
	struct step step = job_write(job, job->window.data, job->held);

	if (step.outcome == STEP_MOVED)
		job->window.data += step.moved;
	if (step.outcome == STEP_FAILED && step.error == EFAULT)
		return mmap_fault(job);
	return step;
}

static void
mmap_release(struct zc_job *job)
{
	window_unmap(&job->window);
}

const struct method method_mmap = {
	.name = "mmap",
	.summary = "mmap(2), write(2): one copy, straight from the page cache",
	.suits = mmap_suits,
	.fill = mmap_fill,
	.drain = mmap_drain,
	.rescue = job_put_back,
	.release = mmap_release,
};
