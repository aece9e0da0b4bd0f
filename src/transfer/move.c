#include "config.h"

#include "move.h"

#include <errno.h>
#include <sys/param.h>

#include "../base/clock.h"
#include "../base/deadline.h"
#include "../base/gauge.h"
#include "../base/minmax.h"
#include "../endpoint/look.h"
#include "../report/progress.h"
#include "../system/filesystem.h"
#include "../system/timer-slack.h"
#include "buffering.h"
#include "direct.h"
#include "mover.h"
#include "sparse.h"
#include "verdict.h"

/* The most bytes of one call if writeback follows it, or with --no-cache:
 * copy_file_range(2) and sendfile(2) would move 1 GiB between two events.  It
 * is as much as read-write moves into a file anyway (engine/tuning.h). */
#define FOLLOWED_BLOCK	((size_t)512 * 1024)

unsigned
move_flags(const struct options *options)
{
	return (options->allow_short ? 0 : (unsigned)ZC_EXACT) |
	    (options->stable ? (unsigned)ZC_STABLE : 0) |
	    (options->no_disk_io ? (unsigned)ZC_NODISKIO : 0) |
	    sparse_flags(options);
}

/** Return the flags for reading SOURCE itself. */
static unsigned
flags_of(const struct mover *mover)
{
	return move_flags(mover->options) |
	    (mover->cache->uncached ? ZC_DONT_CACHE : 0);
}

/** True if no call can exceed FOLLOWED_BLOCK.  Then leave block_size alone: it
 * is also the size of read-write's buffer, which the engine makes smaller (32
 * KiB) for the smallest files. */
static bool
is_small(const struct endpoint *source)
{
	return source->has_stat && S_ISREG(source->st.st_mode) &&
	    source->st.st_size <= (off_t)FOLLOWED_BLOCK;
}

/** Return --timeout in nanoseconds; 0: wait forever. */
static int64_t
timeout_of(const struct options *options)
{
	if (options->timeout <= 0)
		return 0;
	if (options->timeout >= (double)INT64_MAX / 1e9)
		return INT64_MAX;
	return MAX((int64_t)(options->timeout * 1e9), 1);
}

/** Limit the rate, if the user wants that.  Sharing blocks (reflink) moves
 * nothing that could be limited. */
static void
limit_rate(struct mover *mover)
{
	const struct options *options = mover->ends->source.options;
	int64_t block;

	if (options->rate == 0 || options->method == ZC_REFLINK)
		return;
	block = direct_least(&mover->ends->source);
	for (size_t i = 0; i < mover->sinks.count; i++)
		block = max64(block, direct_least(&mover->sinks.dest[i]->end));
	rate_begin(&mover->rate, options->rate, block);
}

/** True if calls are to be limited to FOLLOWED_BLOCK.  read-write limits them
 * by itself, and with ZC_DONT_CACHE nothing else is used. */
static bool
is_followed(const struct mover *mover)
{
	const struct endpoint *source = &mover->ends->source;
	bool follows = mover->options->no_cache, shares = false;

	for (size_t i = 0; i < mover->sinks.count; i++)
		follows |= mover->sinks.dest[i]->end.writeback.on;
	if (!follows || mover->cache->uncached || is_small(source))
		return false;
	for (size_t i = 0; i < mover->sinks.count && mover->buffer == NULL; i++)
		shares |= filesystem_may_share(source->fd,
		    mover->sinks.dest[i]->end.fd);
	return !shares;
}

/** Fill in the further sinks, all destinations but the first. */
static void
set_sinks(struct zc_sink sinks[DESTS_MAX], const struct mover *mover,
    const struct zc_hdtr *hdtr)
{
	for (size_t i = 1; i < mover->sinks.count; i++) {
		sinks[i - 1] = (struct zc_sink)
		    ZC_SINK_INIT(mover->sinks.dest[i]->end.fd);
		sinks[i - 1].hdtr = hdtr;
	}
}

/** True if mover_allow() may limit what a call moves: for the rate, progress,
 * the buffer, or a thread that computes the digest. */
static bool
is_limited(const struct mover *mover)
{
	return mover->rate.limit > 0 || mover->step > 0 ||
	    mover->buffer != NULL || (mover->digesting != NULL &&
	    mover->digesting->follower != NULL);
}

/** True if the digest sees the data between read(2) and write(2). */
static bool
is_looked_at(const struct mover *mover)
{
	return mover->digesting->digest != NULL &&
	    mover->digesting->follower == NULL;
}

/** Return what to ask of the engine.  It refers to the mover and to `sinks`. */
static struct zc_request
request_for(struct mover *mover, const struct zc_hdtr *hdtr,
    struct zc_sink sinks[DESTS_MAX])
{
	const struct options *options = mover->options;
	const struct endpoint *source = &mover->ends->source;
	struct zc_request request = ZC_REQUEST_INIT(source->fd,
	    mover->sinks.dest[0]->end.fd);

	set_sinks(sinks, mover, hdtr);
	request.sinks = sinks;
	request.sink_count = mover->sinks.count - 1;
	request.bytes = look_wanted(source);
	request.hdtr = hdtr;
	request.method = options->method;
	request.flags = flags_of(mover) |
	    (options->all_or_none ? 0 : (unsigned)ZC_DROP_SINKS);
	request.block_size = options->block_size;
	if (options->block_size == 0 && is_followed(mover))
		request.block_size = FOLLOWED_BLOCK;
	request.pipe_size = options->pipe_size;
	request.select = options->rules != NULL ? mover_select : NULL;
	request.event = mover_event;
	request.wait = mover_wait;
	request.arg = mover;
	request.timeout = timeout_of(options);
	limit_rate(mover);
	request.allow = is_limited(mover) ? mover_allow : NULL;
	if (is_looked_at(mover)) {
		request.flags |= ZC_LOOK;
		request.look = mover_look;
	}
	buffering_request(mover, &request);
	return request;
}

static int64_t
header_size(const struct zc_hdtr *hdtr)
{
	int64_t size = 0;

	for (int i = 0; i < hdtr->hdr_cnt; i++)
		size += (int64_t)hdtr->headers[i].iov_len;
	return size;
}

/** Number the destinations as the engine does, and prepare for the first
 * byte. */
static void
line_up(struct mover *mover, const struct zc_hdtr *hdtr)
{
	struct sinks *sinks = &mover->sinks;

	FOR_EACH_DEST(dest, mover->ends) {
		dest->end.header = header_size(hdtr);
		mover->read[sinks->count] = -1;
		sinks->dest[sinks->count++] = dest;
	}
	mover->least = -1;
	deadline_begin(&mover->deadline, mover->options, DEADLINE_NEVER);
	if (!peers_exist(sinks))
		return;
	mover->interval = 1;
	deadline_look(&mover->deadline, mover->interval);
}

/** Return the index of the first destination that the engine refuses to write
 * from SOURCE, because they overlap, with errno; the number of destinations if
 * it refuses none. */
static size_t
first_refused(const struct mover *mover, const struct zc_hdtr *hdtr)
{
	const struct sinks *sinks = &mover->sinks;
	const struct endpoint *source = &mover->ends->source;
	size_t i;

	for (i = 0; i < sinks->count; i++) {
		struct zc_request request = ZC_REQUEST_INIT(source->fd,
		    sinks->dest[i]->end.fd);
		struct zc_ends ends = ZC_ENDS_INIT;

		request.bytes = look_wanted(source);
		request.hdtr = hdtr;
		if (zc_ends_of(&ends, &request) < 0)
			break;
	}
	return i;
}

/** Print why the engine refuses the transfer, as errno says, naming the
 * destination that it refuses.  Return the exit status.  No destination was
 * begun. */
static enum status
refuse(struct mover *mover, const struct zc_hdtr *hdtr,
    struct zc_result *result)
{
	size_t culprit;

	result->outcome = ZC_INVALID;
	result->error = errno;
	culprit = first_refused(mover, hdtr);
	if (culprit < mover->sinks.count)
		result->error = errno;
	else
		culprit = 0;
	return verdict(result, mover->ends, mover->sinks.dest[culprit]);
}

/** Add to the total why methods were refused, which the engine tells for each
 * sink only. */
static void
add_refusals(struct zc_result *total, const struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		for (int m = 0; m < ZC_METHODS; m++) {
			const struct zc_method_use *use =
			    &sinks->dest[i]->result.use[m];

			if (total->use[m].refused != 0)
				continue;
			total->use[m].refused = use->refused;
			total->use[m].refused_at = use->refused_at;
		}
}

/** Copy the results of the job, which has ended. */
static void
keep_results(const struct mover *mover, struct zc_result *total)
{
	const struct sinks *sinks = &mover->sinks;

	*total = *zc_job_result(sinks->job);
	if (mover->indirect && total->outcome != ZC_DONE)
		total->lost = mover->lost;
	for (size_t i = 0; i < sinks->count; i++) {
		struct zc_result *result = &sinks->dest[i]->result;

		if (!mover->judged[i])
			*result = mover_result(mover, i);
		sinks->dest[i]->end.sent = result->header_bytes +
		    result->bytes + result->trailer_bytes;
	}
	add_refusals(total, sinks);
}

/** True if this destination has failed, rather than SOURCE or the run. */
static bool
has_failed(const struct dest *dest)
{
	const enum zc_outcome outcome = dest->result.outcome;

	return dest->status != STATUS_OK || outcome == ZC_UNSUITED ||
	    (dest->result.side == ZC_SINK && (outcome == ZC_FAILED ||
	    outcome == ZC_STALLED || outcome == ZC_UNFINISHED));
}

/** Find out what has failed, print the reasons that were not printed while data
 * moved, and drop destinations that have failed.  Return as move(). */
static enum status
judge_all(struct mover *mover, const struct zc_result *total)
{
	const struct sinks *sinks = &mover->sinks;
	enum status status;

	if (mover->status != STATUS_OK)
		return mover->status;
	if (mover->ends->count == 1 && total->outcome == ZC_UNSUITED)
		return STATUS_METHOD;
	for (size_t i = 0; i < sinks->count; i++) {
		if (mover->judged[i] || !has_failed(sinks->dest[i]))
			continue;
		status = mover_judge(mover, i);
		if (status != STATUS_OK)
			return status;
	}
	/* If SOURCE has failed, or the run was stopped, that is so for all: the
	 * first one prints it. */
	FOR_EACH_DEST(dest, mover->ends) {
		struct zc_result result = dest->result;

		result.bytes = total->bytes;
		result.lost = total->lost;
		status = mover_ask(mover, dest, &result);
		if (status == STATUS_OK)
			status = verdict(&result, mover->ends, dest);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/** Run the job to its end. */
static enum status
run(struct mover *mover, struct moved *moved)
{
	enum status status;

	timer_slack_shorten();		/* commands do not inherit it: they run
					   already */
	(void)zc_job_run(mover->sinks.job, NULL, 0);
	zc_job_end(mover->sinks.job);
	buffering_end(mover);
	moved->seconds = clock_seconds_since(mover->began);
	moved->waits = mover->waits;
	keep_results(mover, &moved->result);
	status = judge_all(mover, &moved->result);
	if (status == STATUS_OK)
		status = buffering_confirm(mover, moved->result.bytes);
	zc_job_free(mover->sinks.job);
	return status;
}

enum status
move(struct ends *ends, const struct zc_hdtr *hdtr, const struct watch *watch,
    struct cache *source_cache, struct digesting *digesting,
    struct moved *moved)
{
	struct mover mover = { .options = ends->source.options, .ends = ends,
		.watch = watch, .cache = source_cache, .digesting = digesting,
		.step = progress_is_shown() ? MOVER_STEP : 0 };
	struct zc_sink sinks[DESTS_MAX];
	struct zc_request request;
	enum status status;

	line_up(&mover, hdtr);
	*moved = (struct moved){ .result = ZC_RESULT_INIT };
	/* A job with a buffer would not notice that the ends overlap. */
	if (mover.options->buffer > 0 &&
	    first_refused(&mover, hdtr) < mover.sinks.count)
		return refuse(&mover, hdtr, &moved->result);
	status = buffering_open(&mover);
	if (status != STATUS_OK)
		return status;
	request = request_for(&mover, hdtr, sinks);
	gauge_phase(PHASE_MOVING);
	gauge_moved(0);
	gauge_expect(ends->source.expected);
	mover.began = mover.stepped = clock_now();
	mover.sinks.job = zc_job_new(&request);
	if (mover.sinks.job == NULL)
		status = refuse(&mover, hdtr, &moved->result);
	else
		status = buffering_start(&mover, flags_of(&mover));
	if (status == STATUS_OK)
		return run(&mover, moved);
	buffer_close(mover.buffer);
	zc_job_free(mover.sinks.job);
	return status;
}

void
move_plainly(struct ends *ends, int out, int64_t bytes,
    struct zc_result *result)
{
	struct zc_request request = ZC_REQUEST_INIT(ends->source.fd, out);
	const struct options *options = ends->source.options;
	struct mover mover = { .options = options, .ends = ends };

	request.bytes = bytes;
	request.flags = ZC_EXACT;
	request.event = mover_event_plainly;
	request.wait = mover_wait;
	request.arg = &mover;
	request.timeout = timeout_of(options);
	limit_rate(&mover);
	request.allow = is_limited(&mover) ? mover_allow : NULL;
	deadline_begin(&mover.deadline, options, DEADLINE_NEVER);
	(void)zc_transfer(&request, result);
}
