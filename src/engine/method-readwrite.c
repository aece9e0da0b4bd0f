/*
 * read(2) and write(2): suits all ends.  It is the last one in each plan, so
 * its errno is the one that a user sees.
 */
#include "config.h"

#include <errno.h>
#include <sys/param.h>

#include "job.h"
#include "nodisk.h"

/* On Linux 6.18, buffers larger than 128 to 256 KiB gain nothing. */
#define READWRITE_BLOCK	((size_t)256 * 1024)

/* For a file that is smaller.  malloc(3) takes so little from the heap, which
 * is faster than a mapping. */
#define READWRITE_LEAST	((size_t)32 * 1024)

/* As much as a pipe can hold: empty it, so that its writer can go on. */
#define READWRITE_PIPE	((size_t)1024 * 1024)

/* No file of procfs and its like takes as much as this in one write(2). */
#define READWRITE_COMMAND_MAX	((size_t)64 * 1024)

static const char *
readwrite_suits(const struct zc_ends *ends)
{
	(void)ends;
	return NULL;
}

static size_t
readwrite_block(const struct zc_job *job)
{
	int64_t left;

	if (job->gather)
		return READWRITE_COMMAND_MAX + 1;	/* to notice more */
	if (job->request.block_size != 0)
		return MIN(job->request.block_size, CALL_MAX);
	if (job->in.kind == ZC_PIPE)
		return READWRITE_PIPE;
	left = job_known_left(job);
	if (left > 0 && (uint64_t)left < READWRITE_LEAST)
		return READWRITE_LEAST;
	return READWRITE_BLOCK;
}

static int
readwrite_begin(struct zc_job *job)
{
	return buffer_reserve(&job->buffer, readwrite_block(job));
}

static struct step
readwrite_fill(struct zc_job *job)
{
	struct buffer *buffer = &job->buffer;
	bool nodisk = job->request.flags & ZC_NODISKIO;
	size_t room;
	ssize_t n;

	if (buffer_used(buffer) == 0)
		buffer->start = buffer->end = 0;
	room = buffer->size - buffer->end;
	if (room == 0)			/* only when gathering */
		return step_failed(ZC_SINK, EFBIG);

	n = (nodisk ? nodisk_read : end_read)(&job->in,
	    buffer->data + buffer->end, job_limit(job, room));
	if (n > 0) {
		buffer->end += (size_t)n;
		return step_moved(n);
	}
	if (n == 0)
		return step_ended();
	if (errno == EINTR)
		return step_moved(0);
	if (errno == EAGAIN)
		return step_blocked(ZC_SOURCE);
	if (errno == EBUSY && nodisk)
		return step_would_wait();
	return step_failed(ZC_SOURCE, errno);
}

static struct step
readwrite_drain(struct zc_job *job)
{
	struct buffer *buffer = &job->buffer;
	struct step step = job_write(job, buffer->data + buffer->start,
	    buffer_used(buffer));

	if (step.outcome == STEP_MOVED)
		buffer->start += (size_t)step.moved;
	return step;
}

const struct method method_read_write = {
	.name = "read-write",
	.summary = "read(2) into a buffer, write(2) from it; suits everything",
	.suits = readwrite_suits,
	.begin = readwrite_begin,
	.fill = readwrite_fill,
	.drain = readwrite_drain,
};
