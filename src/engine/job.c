/*
 * The public calls, and what methods ask of their job.  The loop is in turn.c.
 */
#include "config.h"

#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/param.h>

#include "cork.h"
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
job_known_left(const struct zc_job *job)
{
	if (job->in.size < 0 || job->in.start < 0)
		return 0;
	return MAX(job->in.size - job->in.start - job->result.bytes, 0);
}

int64_t
job_room(const struct zc_job *job, enum zc_side side)
{
	const struct end *end = JOB_END(job, side);
	int64_t far = job->result.bytes;

	if (side == ZC_SOURCE)
		far += (int64_t)job->held;
	else
		far += job->result.header_bytes + job->result.trailer_bytes;
	return end->start < 0 ? INT64_MAX : INT64_MAX - end->start - far;
}

int
job_put_back(struct zc_job *job)
{
	if (end_advance(&job->in, -(int64_t)job->held) < 0)
		return -1;
	job->left += (int64_t)job->held;
	job->held = 0;
	return 0;
}

struct step
job_step_eagain(const struct zc_job *job, enum zc_side side)
{
	const struct end *end = JOB_END(job, side);

	/* sendfile(2) from ZFS to a file has failed with EAGAIN: there
	 * read-write finds out more. */
	if (!end_waits_by_poll(end) && end_timeout(end, side) == 0)
		return step_unsuited(EAGAIN);
	return step_blocked(side);
}

/** Return the step for a write that was asked for `asked` bytes and returned
 * `n`, with errno if that is -1. */
static struct step
job_written(ssize_t n, int64_t asked)
{
	if (n > 0)
		return step_moved_of(n, asked);
	if (n == 0)
		return step_failed(ZC_SINK, ENOSPC);
	if (errno == EINTR)
		return step_moved(0);
	if (errno == EAGAIN)
		return step_blocked(ZC_SINK);
	return step_failed(ZC_SINK, errno);
}

struct step
job_write(struct zc_job *job, const char *data, size_t size)
{
	int64_t room = job_room(job, ZC_SINK);
	ssize_t n;

	if (room == 0)			/* pwrite(2) would fail with EINVAL */
		return step_failed(ZC_SINK, EFBIG);
	if ((uint64_t)size > (uint64_t)room)
		size = (size_t)room;
	n = end_write(&job->out, data, size);
	if (n == 0)			/* some full devices: ask again */
		n = end_write(&job->out, data, size);
	return job_written(n, (int64_t)size);
}

struct step
job_write_pieces(struct zc_job *job, const struct pieces *pieces, bool more)
{
	int64_t room = MIN(job_room(job, ZC_SINK), (int64_t)CALL_MAX), size;
	struct iovec view[64];
	int count = (int)(sizeof(view) / sizeof(view[0]));

	if (room == 0)
		return step_failed(ZC_SINK, EFBIG);
	size = pieces_view(pieces, view, &count, room);
	return job_written(end_writev(&job->out, view, count, more), size);
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
		.unseekable = job->in.kind == ZC_REGULAR && job->in.start < 0,
	};
}

static void
job_cork(struct zc_job *job)
{
	if (job->headers.left > 0 || job->trailers.left > 0)
		job->corks = cork_fits(&job->out);
	/* For a header MSG_MORE is enough, and delays nothing else. */
	if (job->corks && job->trailers.left > 0)
		cork_insert(&job->out);
}

/** Enlarge the caller's pipes, so that the process at the other end moves more
 * at a time and waits less often.  A pipe takes 64 KiB by default: do not
 * bother for less. */
static void
job_grow_pipes(struct zc_job *job, int64_t size)
{
	struct end *const ends[] = { &job->in, &job->out };

	for (int i = 0; i < 2; i++)
		if (ends[i]->kind == ZC_PIPE && (size < 0 || size > 64 * 1024))
			(void)pipe_grow(ends[i]->fd, job->request.pipe_size);
}

void
job_start(struct zc_job *job)
{
	const struct zc_request *request = &job->request;
	const struct zc_ends ends = job_ends(job);
	int preferred = ZC_AUTO;

	job->started = true;
	errno = 0;
	if (request->method == ZC_AUTO && request->select != NULL)
		preferred = request->select(&ends, request->arg);
	if (preferred < 0 || preferred >= ZC_METHODS) {
		job_finish(job, ZC_STOPPED,
		    preferred < 0 && errno != 0 ? errno : EINVAL);
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
	job->timeout = end_timeout(&job->out, ZC_SINK);
	job_report(job, ZC_EVENT_PLAN, job->plan.method[0], 0);
	if (job->result.outcome != ZC_UNFINISHED)
		return;
	job_cork(job);
	job_grow_pipes(job, ends.size);
	job_begin(job);
}

int
zc_job_run(struct zc_job *job, struct zc_wait *wait)
{
	if (!job->started)
		job_start(job);
	if (job->result.outcome == ZC_WOULD_WAIT)
		job->result.outcome = ZC_UNFINISHED;
	while (job->result.outcome == ZC_UNFINISHED) {
		if (!job_turn(job, wait)) {
			errno = EAGAIN;
			return -1;
		}
	}
	/* EAGAIN would tell the caller to run the job again. */
	errno = job->result.error == EAGAIN ? EIO : job->result.error;
	return job->result.outcome == ZC_DONE ? 0 : -1;
}

/** True if the range of `bytes` at `offset` ends at or before 2^63-1. */
static bool
range_is_valid(int64_t offset, int64_t bytes)
{
	if (offset < 0)
		return offset == ZC_CURRENT;
	return bytes <= INT64_MAX - offset;
}

static bool
request_is_valid(const struct zc_request *request)
{
	const unsigned known = ZC_EXACT | ZC_STABLE | ZC_NODISKIO;

	if (request == NULL || request->size != sizeof(*request))
		return false;
	if (request->bytes < 0 && request->bytes != ZC_TO_END)
		return false;
	return range_is_valid(request->offset, request->bytes) &&
	    range_is_valid(request->out_offset, request->bytes) &&
	    request->method < ZC_METHODS && (request->flags & ~known) == 0;
}

/** Set header and trailer.  Return 0, or -1 with EINVAL. */
static int
job_wrap(struct zc_job *job)
{
	const struct zc_hdtr *hdtr = job->request.hdtr;

	if (hdtr == NULL)
		return 0;
	if (pieces_set(&job->headers, hdtr->headers, hdtr->hdr_cnt) < 0 ||
	    pieces_set(&job->trailers, hdtr->trailers, hdtr->trl_cnt) < 0)
		return -1;
	if (job->headers.left <= INT64_MAX - job->trailers.left)
		return 0;
	errno = EINVAL;
	return -1;
}

static int
job_inspect(struct zc_job *job)
{
	const struct zc_request *request = &job->request;
	int64_t more = job->headers.left + job->trailers.left;

	if (end_inspect(&job->in, request->in_fd, ZC_SOURCE,
	    request->offset) < 0 ||
	    end_inspect(&job->out, request->out_fd, ZC_SINK,
	    request->out_offset) < 0)
		return -1;
	errno = EINVAL;
	if (job->out.placed && more > INT64_MAX - request->out_offset -
	    MAX(request->bytes, 0))
		return -1;
	/* With O_APPEND, pwrite(2) ignores the offset. */
	if (job->out.placed && (job->out.flags & O_APPEND))
		return -1;
	if (more > 0 && job->out.kind == ZC_SYNTHETIC)
		return -1;		/* each write is a command of its own */
	return end_overlap(&job->in, &job->out, request->bytes, more) ? -1 : 0;
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
	job->splice_flags = ZC_SPLICE_MOVE;
	job->left = request->bytes == ZC_TO_END ? INT64_MAX : request->bytes;
	if (job_wrap(job) < 0 || job_inspect(job) < 0) {
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
	int saved = errno;

	if (job == NULL)
		return;
	job_settle(job);
	buffer_free(&job->buffer);
	free(job);
	errno = saved;
}

int
job_transfer(struct zc_job *job, struct zc_result *result)
{
	int done = zc_job_run(job, NULL);

	job_settle(job);
	if (result != NULL)
		*result = job->result;
	zc_job_free(job);
	return done;
}

int
zc_transfer(const struct zc_request *request, struct zc_result *result)
{
	struct zc_job *job = zc_job_new(request);

	if (job != NULL)
		return job_transfer(job, result);
	if (result != NULL)
		*result = (struct zc_result){ .outcome = ZC_INVALID,
			.error = errno };
	return -1;
}
