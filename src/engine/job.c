/*
 * The public calls.  The loop is in loop.c.
 */
#include "config.h"

#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "ending.h"
#include "fallback.h"
#include "loop.h"
#include "request.h"
#include "sized.h"
#include "total.h"
#include "waiting.h"

/* Callers of every version of the library have the members up to these. */
#define RANGE_LEAST	SIZED_TO(struct zc_range, bytes)
#define RESULT_LEAST	SIZED_TO(struct zc_result, error)
#define ENDS_LEAST	SIZED_TO(struct zc_ends, bytes)

/** Enlarge the caller's pipe, so that the process at the other end moves more
 * at a time and waits less often.  A pipe takes 64 KiB by default: do not
 * bother for less.  Return its size, or 0 if it is no pipe or was left as it
 * is. */
static size_t
grow_pipe(const struct end *end, int64_t bytes, size_t pipe_size)
{
	return end->kind == ZC_PIPE && (bytes < 0 || bytes > 64 * 1024) ?
	    pipe_grow(end->fd, pipe_size) : 0;
}

/** True if the sink may sleep before a call that would block.  Without
 * zc_request.wait the caller waits, by a clock that may be coarse.  With
 * O_NONBLOCK no call blocks.  Beside other sinks, a call of another one may
 * block for longer than the sleep. */
static bool
may_sleep(const struct zc_job *job, const struct sink *sink)
{
	return job->request.wait != NULL && job->sink_count == 1 &&
	    !(sink->end.flags & O_NONBLOCK);
}

/** Make the sink's plan.  Return 0, or -1 if the sink has ended. */
static int
plan(struct zc_job *job, struct sink *sink)
{
	const struct zc_request *request = &job->request;
	const struct zc_ends ends = sink_setup(sink, &job->request).ends;
	const unsigned flags = request_flags(request, sink);
	int preferred = ZC_AUTO;

	errno = 0;
	if (request->method == ZC_AUTO && request->select != NULL)
		preferred = request->select(&ends, request->arg);
	if (preferred < 0 || preferred >= ZC_METHODS) {
		job_end_sink(job, sink, ZC_STOPPED,
		    preferred < 0 && errno != 0 ? errno : EINVAL);
		return -1;
	}
	sink->plan = (struct zc_plan)ZC_PLAN_INIT;
	zc_plan(&sink->plan, &ends, request->method, (enum zc_method)preferred,
	    flags);
	if (sink->plan.count == 0) {
		sink->result.method = request->method;
		sink->result.reason = sink->plan.why_not[request->method];
		job_end_sink(job, sink, ZC_UNSUITED, ENOTSUP);
		return -1;
	}
	sink->gather = sink->end.kind == ZC_SYNTHETIC;
	sink->timeout = end_timeout(&sink->end);
	sink->makes_holes = (flags & ZC_MAKE_HOLES) != 0;
	if (request_keeps_holes(request, sink))
		extent_begin(&sink->supply->extent, &sink->supply->in);
	job_report(job, sink, ZC_EVENT_PLAN, sink->plan.method[0], 0);
	return sink->result.outcome == ZC_UNFINISHED ? 0 : -1;
}

void
job_start(struct zc_job *job)
{
	int64_t bytes = supply_bytes(job->supply, job->request.bytes);

	job->started = true;
	for (size_t i = 0; i < job->sink_count; i++) {
		struct sink *sink = &job->sink[i];
		size_t size;

		if (sink->result.outcome != ZC_UNFINISHED ||
		    plan(job, sink) < 0)
			continue;
		sink_cork(sink);
		size = grow_pipe(&sink->end, bytes, job->request.pipe_size);
		if (may_sleep(job, sink))
			pipe_pace_begin(&sink->pace, sink->end.fd, size);
	}
	(void)grow_pipe(&job->supply->in, bytes, job->request.pipe_size);
	for (size_t i = 0; i < job->supply_count; i++)
		fallback_begin(job, &job->supply[i]);
	wait_renew(job, NULL);
}

int
zc_job_run(struct zc_job *job, struct zc_wait *waits, size_t count)
{
	const struct zc_result *result = zc_job_result(job);
	bool runs, paused;

	runs = result->outcome == ZC_UNFINISHED ||
	    result->outcome == ZC_WOULD_WAIT;
	if (runs && job->settled) {	/* what it needs to run was released */
		errno = EINVAL;
		return -1;
	}
	if (!job->started)
		job_start(job);
	for (size_t i = 0; i < job->sink_count; i++)
		if (job->sink[i].result.outcome == ZC_WOULD_WAIT)
			job->sink[i].result.outcome = ZC_UNFINISHED;
	paused = !loop_run(job, waits, count);
	if (runs && job->sink_count > 1) {
		total_sum_up(job);
		total_leave_position(job);
	}
	/* EAGAIN would tell the caller to run the job again. */
	errno = !paused && result->error == EAGAIN ? EIO : result->error;
	return result->outcome == ZC_DONE ? 0 : -1;
}

static void
job_release(struct zc_job *job)
{
	free(job->supply);
	free(job->waits);
	free(job);
}

struct zc_job *
zc_job_new(const struct zc_request *theirs)
{
	struct zc_request request;
	struct zc_job *job;
	size_t sinks;
	int error;

	if (request_read(&request, theirs) < 0)
		return NULL;
	sinks = 1 + request.sink_count;
	job = calloc(1, sizeof(*job) + sinks * sizeof(job->sink[0]));
	if (job == NULL)
		return NULL;
	job->request = request;
	job->splice_flags = ZC_SPLICE_MOVE;
	job->keeps = request.flags & ZC_KEEP_OPEN;
	job->total = (struct zc_result)ZC_RESULT_INIT;
	job->sink_count = sinks;
	job->turn = sinks - 1;		/* the first turn is the first sink's */
	job->supply = calloc(sinks, sizeof(job->supply[0]));
	job->waits = calloc(sinks, sizeof(job->waits[0]));
	if (job->supply != NULL && job->waits != NULL &&
	    request_inspect(job) == 0)
		return job;
	error = errno;
	job_release(job);
	errno = error;
	return NULL;
}

/** Begin the end's next range: at `offset`, or, if it is ZC_CURRENT, `done`
 * bytes behind the last one.  Return 0, or -1 with ESPIPE. */
static int
next_place(struct end *end, int64_t offset, int64_t done)
{
	if (offset != ZC_CURRENT && end->start >= 0)
		return end_place(end, offset);
	errno = ESPIPE;
	if (offset != ZC_CURRENT)
		return -1;
	if (end->start >= 0)
		end->start += done;
	return 0;
}

/** Prepare the next range of this sink, and of its supply, in *next and *from.
 * Return 0, or -1 with errno. */
static int
next_range(const struct zc_job *job, size_t index, const struct zc_range *range,
    struct sink *next, struct supply *from)
{
	const struct zc_hdtr *hdtr = index == 0 ? range->hdtr : NULL;

	*next = job->sink[index];
	*from = *next->supply;
	if (next_place(&from->in, range->offset, from->taken) < 0)
		return -1;
	if (next->end.start >= 0 && next_place(&next->end, range->out_offset,
	    next->given + next->wrapped) < 0)
		return -1;
	if (request_wrap(next, hdtr) < 0 ||
	    request_check_sink(job, next, &from->in, range->bytes) < 0)
		return -1;
	from->left = range->bytes == ZC_TO_END ? INT64_MAX : range->bytes;
	from->taken = 0;
	from->ended = from->dry = from->overruled = false;
	extent_restart(&from->extent);
	/* sendfile(2) cannot write at an offset: choose again. */
	from->outdated |= next->end.placed != job->sink[index].end.placed;
	store_restart(&from->own);
	store_restart(&from->spilled);
	store_restart(&next->copy);
	store_restart(&next->spilled);
	next->given = next->wrapped = 0;
	next->zeros.from = -1;
	next->stall.due = 0;
	next->approved = next->finished = false;
	next->result.outcome = ZC_UNFINISHED;
	return 0;
}

/** True if the job may move another range: at least one sink has got the last
 * one, and all others were dropped. */
static bool
may_go_on(const struct zc_job *job)
{
	bool drops = job->request.flags & ZC_DROP_SINKS, any = false;

	for (size_t i = 0; i < job->sink_count; i++) {
		bool done = job->sink[i].result.outcome == ZC_DONE;

		if (!done && !(drops && sink_has_failed(&job->sink[i])))
			return false;
		any |= done;
	}
	return any && job->keeps;
}

int
zc_job_next(struct zc_job *job, const struct zc_range *theirs)
{
	struct zc_range range;
	struct sink next;
	struct supply from;
	bool fits;

	if (sized_read(&range, sizeof(range), theirs, RANGE_LEAST) < 0)
		return -1;
	errno = EINVAL;
	if ((range.bytes < 0 && range.bytes != ZC_TO_END) ||
	    !request_range_is_valid(range.offset, range.bytes) ||
	    !request_range_is_valid(range.out_offset, range.bytes))
		return -1;
	errno = EBUSY;
	if (!may_go_on(job))
		return -1;
	fits = range.out_offset == ZC_CURRENT;
	for (size_t i = 0; i < job->sink_count; i++) {
		if (job->sink[i].result.outcome != ZC_DONE)
			continue;
		if (next_range(job, i, &range, &next, &from) < 0)
			return -1;
		fits |= next.end.start >= 0;
	}
	errno = ESPIPE;
	if (!fits)
		return -1;
	/* All have agreed; now for good. */
	job->looked = 0;
	for (size_t i = 0; i < job->sink_count; i++) {
		struct sink *sink = &job->sink[i];

		if (sink->result.outcome != ZC_DONE) {
			sink->given = 0;	/* of this range */
			continue;
		}
		(void)next_range(job, i, &range, &next, &from);
		*next.supply = from;
		*sink = next;
		sink_cork(sink);
	}
	job->request.bytes = range.bytes;
	job->keeps = !range.last;
	job->total.outcome = ZC_UNFINISHED;
	job->stall.due = 0;		/* it begins when the job runs */
	job->moves &= range.offset == ZC_CURRENT;
	return 0;
}

const struct zc_result *
zc_job_result(const struct zc_job *job)
{
	return job->sink_count == 1 ? &job->sink->result : &job->total;
}

const struct zc_result *
zc_job_sink(const struct zc_job *job, size_t sink)
{
	return sink < job->sink_count ? &job->sink[sink].result : NULL;
}

int
zc_job_drop(struct zc_job *job, size_t sink, int error)
{
	if (error == 0 || sink >= job->sink_count ||
	    !sink_is_active(&job->sink[sink])) {
		errno = EINVAL;
		return -1;
	}
	job->sink[sink].dropped = error;
	job->drops = true;
	return 0;
}

void
zc_job_end(struct zc_job *job)
{
	job_settle(job);
	job->settled = true;
	job->keeps = false;
	if (job->sink_count > 1)
		total_sum_up(job);
}

void
zc_job_free(struct zc_job *job)
{
	int saved = errno;

	if (job == NULL)
		return;
	job_settle(job);
	job_release(job);
	errno = saved;
}

bool
job_result_fits(const struct zc_result *result)
{
	return result == NULL || result->size >= RESULT_LEAST;
}

int
job_transfer(struct zc_job *job, struct zc_result *result)
{
	int done = zc_job_run(job, NULL, 0);

	zc_job_end(job);
	if (result != NULL)
		sized_write(result, zc_job_result(job), sizeof(*result));
	zc_job_free(job);
	return done;
}

int
zc_transfer(const struct zc_request *request, struct zc_result *result)
{
	struct zc_result invalid = ZC_RESULT_INIT;
	struct zc_job *job;

	if (!job_result_fits(result)) {
		errno = EINVAL;
		return -1;
	}
	job = zc_job_new(request);
	if (job != NULL)
		return job_transfer(job, result);
	invalid.outcome = ZC_INVALID;
	invalid.error = errno;
	if (result != NULL)
		sized_write(result, &invalid, sizeof(invalid));
	return -1;
}

int
zc_ends_of(struct zc_ends *ends, const struct zc_request *request)
{
	struct zc_job *job;
	struct zc_ends ours;

	if (ends->size < ENDS_LEAST) {
		errno = EINVAL;
		return -1;
	}
	job = zc_job_new(request);
	if (job == NULL)
		return -1;
	ours = sink_setup(job->sink, &job->request).ends;
	zc_job_free(job);
	sized_write(ends, &ours, sizeof(ours));
	return 0;
}
