/*
 * A job's life, and what its methods ask of it.  The loop is in turn.c.
 */
#include "config.h"

#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/param.h>

#include "turn.h"

size_t
job_limit(const struct zc_job *job, size_t most)
{
	size_t block = job->request.block_size;
	int64_t max = (int64_t)(block != 0 ? MIN(block, most) : most);

	max = MIN(max, job->left);
	max = MIN(max, job_room(job, ZC_SOURCE));
	if (job->through)
		max = MIN(max, job_room(job, ZC_SINK));
	return (size_t)max;
}

int64_t
job_room(const struct zc_job *job, enum zc_side side)
{
	const struct end *end = side == ZC_SOURCE ? &job->in : &job->out;
	int64_t far = job->result.bytes;

	if (side == ZC_SOURCE)
		far += (int64_t)job->held;
	return end->start < 0 ? INT64_MAX : INT64_MAX - end->start - far;
}

int
job_put_back(struct zc_job *job)
{
	int result = end_advance(&job->in, -(int64_t)job->held);

	job->left += (int64_t)job->held;
	job->held = 0;
	return result;
}

struct step
job_step_again(const struct zc_job *job, enum zc_side side)
{
	/* ZFS has said EAGAIN between two files, and so does a socket whose
	 * SO_RCVTIMEO is over: read-write finds out. */
	if (!end_waits_by_poll(side == ZC_SOURCE ? &job->in : &job->out))
		return step_unsuited(EAGAIN);
	return step_blocked(side);
}

struct step
job_write(struct zc_job *job, const char *data, size_t size)
{
	int64_t room = job_room(job, ZC_SINK);
	ssize_t n;

	if (room == 0)			/* write(2) would call it EINVAL */
		return step_failed(ZC_SINK, EFBIG);
	if ((uint64_t)size > (uint64_t)room)
		size = (size_t)room;
	n = end_write(&job->out, data, size);
	if (n == 0)			/* some drivers, when they are full */
		n = end_write(&job->out, data, size);
	if (n > 0)
		return step_moved(n);
	if (n == 0)
		return step_failed(ZC_SINK, ENOSPC);
	if (errno == EINTR)
		return step_moved(0);
	if (errno == EAGAIN)
		return step_blocked(ZC_SINK);
	return step_failed(ZC_SINK, errno);
}

static int64_t
job_size(const struct zc_job *job)
{
	int64_t there = -1, bytes = job->request.bytes;

	if (job->in.size >= 0 && job->in.start >= 0)
		there = MAX(job->in.size - job->in.start, 0);
	if (bytes == ZC_TO_END)
		return there;
	return there >= 0 ? MIN(there, bytes) : bytes;
}

static struct zc_ends
job_ends(const struct zc_job *job)
{
	return (struct zc_ends){
		.in = job->in.kind,
		.out = job->out.kind,
		.size = job_size(job),
		.append = job->out.flags & O_APPEND,
		.direct = job->out.flags & O_DIRECT,
		.placed = job->out.placed,
	};
}

/** Plan and set the first method to work. */
static void
job_start(struct zc_job *job)
{
	const struct zc_request *request = &job->request;
	const struct zc_ends ends = job_ends(job);
	int preferred = ZC_AUTO;

	job->started = true;
	if (request->method == ZC_AUTO && request->select != NULL)
		preferred = request->select(&ends, request->arg);
	if (preferred < 0 || preferred >= ZC_METHODS) {
		job_finish(job, ZC_STOPPED, preferred < 0 ? errno : EINVAL);
		return;
	}
	zc_plan(&job->plan, &ends, request->method, (enum zc_method)preferred,
	    request->flags);
	if (job->plan.count == 0) {
		job->result.method = request->method;
		job->result.reason = job->plan.why_not[request->method];
		job_finish(job, ZC_UNSUITED, ENOTSUP);
		return;
	}
	job->gather = job->out.kind == ZC_SYNTHETIC;
	job_tell(job, ZC_EVENT_PLAN, job->plan.method[0], 0);
	if (ends.out == ZC_PIPE && (ends.size < 0 || ends.size > 64 * 1024))
		(void)pipe_grow(job->out.fd, request->pipe_size);
	job_begin(job);
}

int
zc_job_run(struct zc_job *job, struct zc_wait *wait)
{
	if (!job->started)
		job_start(job);
	while (job->result.outcome == ZC_UNFINISHED) {
		if (!job_turn(job, wait)) {
			errno = EAGAIN;
			return -1;
		}
	}
	errno = job->result.error;
	return job->result.outcome == ZC_DONE ? 0 : -1;
}

static bool
request_is_valid(const struct zc_request *request)
{
	const unsigned known = ZC_EXACT | ZC_STABLE;

	if (request->bytes < 0 && request->bytes != ZC_TO_END)
		return false;
	if (request->offset < 0 && request->offset != ZC_CURRENT)
		return false;
	if (request->out_offset < 0 && request->out_offset != ZC_CURRENT)
		return false;
	if (request->offset > 0 && request->bytes > INT64_MAX - request->offset)
		return false;
	if (request->out_offset > 0 &&
	    request->bytes > INT64_MAX - request->out_offset)
		return false;
	return request->method < ZC_METHODS && (request->flags & ~known) == 0;
}

static int
job_inspect(struct zc_job *job)
{
	const struct zc_request *request = &job->request;

	if (end_inspect(&job->in, request->in_fd, ZC_SOURCE,
	    request->offset) < 0 ||
	    end_inspect(&job->out, request->out_fd, ZC_SINK,
	    request->out_offset) < 0)
		return -1;
	errno = EINVAL;
	return end_overlap(&job->in, &job->out, request->bytes) ? -1 : 0;
}

struct zc_job *
zc_job_new(const struct zc_request *request)
{
	struct zc_job *job;

	if (!request_is_valid(request)) {
		errno = EINVAL;
		return NULL;
	}
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	job->request = *request;
	job->pipe = (struct pipe){ .in = -1, .out = -1 };
	job->left = request->bytes == ZC_TO_END ? INT64_MAX : request->bytes;
	if (job_inspect(job) < 0) {
		free(job);
		return NULL;
	}
	return job;
}

const struct zc_result *
zc_job_result(const struct zc_job *job)
{
	return &job->result;
}

void
zc_job_free(struct zc_job *job)
{
	if (job == NULL)
		return;
	if (job->result.outcome == ZC_UNFINISHED)
		job_finish(job, ZC_STOPPED, EINTR);
	buffer_free(&job->buffer);
	free(job);
}
