#include "config.h"

#include "move.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/deadline.h"
#include "../base/gauge.h"
#include "../base/signals.h"
#include "../endpoint/socket.h"
#include "../report/progress.h"
#include "../report/verbose.h"
#include "../system/filesystem.h"
#include "ahead.h"
#include "direct.h"
#include "rate.h"
#include "rules.h"
#include "sparse.h"
#include "verdict.h"

/* The most bytes of one call if writeback follows it, or with --no-cache:
 * copy_file_range(2) and sendfile(2) would move 1 GiB between two events. */
#define FOLLOWED_BLOCK	((size_t)1024 * 1024)

/* With a progress line, calls are to take about this long, so that it moves. */
#define STEP_TIME	INT64_C(100000000)	/* nanoseconds */
#define STEP_LEAST	((int64_t)256 * 1024)
#define STEP_FIRST	((int64_t)8 * 1024 * 1024)
#define STEP_MOST	((int64_t)1 << 30)

/* A transfer under way: the argument of the hooks that the engine calls. */
struct mover {
	const struct options *options;
	const struct endpoint *source;
	struct endpoint *dest;		/* NULL: a plain descriptor */
	const struct watch *watch;
	struct cache *cache;		/* of both ends, by enum role */
	enum status status;		/* of the steps that on_event() calls */
	bool reset;			/* DEST's peer has reset the connection
					   while nothing was written */
	bool peer_ended;		/* DEST's peer will send nothing more */
	struct deadline deadline;	/* interrupts calls that block */
	double interval;		/* seconds between two checks for a
					   reset; 0: none */
	struct rate rate;		/* of --rate */
	int64_t waits;			/* calls of poll(2) */
	int64_t began;
	int64_t step;			/* the most bytes that a call should
					   move, for the progress line */
	int64_t stepped;		/* when the last call returned */
};

/** True if the peer has reset the connection.  While SOURCE is silent nothing
 * is written, so no call would report it. */
static bool
is_reset(const struct mover *mover)
{
	struct pollfd pollfd = { .fd = -1 };

	if (mover->dest != NULL && endpoint_has(mover->dest, ENDPOINT_NETWORK))
		pollfd.fd = mover->dest->fd;
	return poll(&pollfd, 1, 0) > 0 && (pollfd.revents & POLLERR);
}

/** Check for a reset less and less often if SOURCE is a file: the check
 * interrupts read(2), and a FUSE server may start that anew each time. */
static void
check_less_often(struct mover *mover)
{
	if (mover->interval <= 0 || !S_ISREG(mover->source->st.st_mode))
		return;
	mover->interval = MIN(2 * mover->interval, 60);
	deadline_look(&mover->deadline, mover->interval);
}

/** Let the next call take as long as STEP_TIME: the last one moved `moved`
 * bytes. */
static void
adapt_step(struct mover *mover, int64_t moved)
{
	const int64_t now = clock_now(), time = now - mover->stepped;

	mover->stepped = now;
	if (time < STEP_TIME / 2 && moved >= mover->step)
		mover->step = MIN(2 * mover->step, STEP_MOST);
	else if (time > STEP_TIME * 2)
		mover->step = MAX(mover->step / 2, STEP_LEAST);
}

/** Answer SIGUSR1, and look for signals and a reset: what moving to any end
 * needs. */
static int
on_event_plainly(const struct zc_event *event, void *arg)
{
	struct mover *mover = arg;

	if (event->type == ZC_EVENT_MOVED) {
		deadline_renew(&mover->deadline);
		if (!event->moved.skipped)
			rate_count(&mover->rate, event->moved.length);
		if (mover->step > 0)
			adapt_step(mover, event->moved.length);
	}
	gauge_moved(event->bytes);
	signals_answer();
	if (event->type == ZC_EVENT_INTERRUPTED) {
		mover->reset = is_reset(mover);
		check_less_often(mover);
	}
	return mover->reset || signals_caught() != 0;
}

/** Begin to write DEST, and look at its cache when it has been truncated. */
static enum status
begin(struct mover *mover, enum zc_method method)
{
	enum status status = endpoint_begin(mover->dest);

	ahead_advise(mover->source, method);
	return status != STATUS_OK ? status :
	    cache_begin(&mover->cache[ROLE_DEST], mover->dest, 0);
}

/** Do the same, and the steps of DEST and of the watch when they are due.  If
 * one fails, its status is kept, and the engine is told to stop. */
static int
on_event(const struct zc_event *event, void *arg)
{
	struct mover *mover = arg;

	verbose_event(event);
	if (event->type == ZC_EVENT_PLAN)
		mover->status = begin(mover, event->method);
	if (event->type == ZC_EVENT_MOVED)
		mover->status = cache_follow(mover->cache, &event->moved);
	if (event->type == ZC_EVENT_MOVED && mover->dest->writeback.on &&
	    event->moved.out_from >= 0)
		writeback_follow(&mover->dest->writeback, mover->dest->fd,
		    event->moved.out_from + event->moved.length);
	if (event->type == ZC_EVENT_TRAILER)
		mover->status = watch_check(mover->watch, mover->source,
		    mover->dest, event->bytes);
	return on_event_plainly(event, arg) || mover->status != STATUS_OK;
}

static int
on_select(const struct zc_ends *ends, void *arg)
{
	const struct mover *mover = arg;

	return (int)rules_choose(mover->options->rules, ends->bytes);
}

static int64_t
on_allow(int64_t bytes, int64_t *until, void *arg)
{
	struct mover *mover = arg;

	if (mover->step > 0)
		bytes = MIN(bytes, mover->step);
	return mover->rate.limit > 0 ?
	    rate_allow(&mover->rate, bytes, until) : bytes;
}

/** True if `fd` is DEST, and what its peer sends must be read and dropped.  A
 * peer that is blocked in sending to us may not read what we send. */
static bool
must_read(const struct mover *mover, int fd)
{
	return !mover->peer_ended && mover->dest != NULL &&
	    fd == mover->dest->fd &&
	    endpoint_has(mover->dest, ENDPOINT_NETWORK);
}

/** Return the milliseconds until this time (0: never), for poll(2). */
static int
milliseconds_until(int64_t until)
{
	int64_t left = until - clock_now();

	if (until == 0)
		return -1;
	return left <= 0 ? 0 : (int)MIN(left / 1000000 + 1, INT_MAX);
}

/** Wait until the descriptor is ready or has failed, or wait->until has come.
 * In the meantime, drop what DEST sends.  Return 0, or -1 with errno; after
 * EINTR the engine calls on_event(). */
static int
on_wait(const struct zc_wait *wait, size_t count, void *arg)
{
	struct mover *mover = arg;
	struct pollfd pollfd = { .fd = wait->fd };
	int ended;

	(void)count;			/* one sink: one to wait for */
	do {
		bool reads = must_read(mover, wait->fd);

		mover->waits++;
		pollfd.events = wait->events | (reads ? POLLIN : 0);
		if (poll(&pollfd, 1, milliseconds_until(wait->until)) < 0)
			return -1;
		ended = reads && (pollfd.revents & ~POLLOUT) ?
		    socket_drop(wait->fd) : 0;
		if (ended < 0)
			return -1;
		mover->peer_ended |= ended > 0;
		/* If the peer keeps sending, poll(2) returns at once and never
		 * fails with EINTR. */
		if (signals_caught() != 0) {
			errno = EINTR;
			return -1;
		}
		if (milliseconds_until(wait->until) == 0)
			return 0;
	} while ((pollfd.revents & (wait->events | POLLERR | POLLHUP)) == 0);
	return 0;
}

unsigned
move_flags(const struct options *options)
{
	return (options->allow_short ? 0 : (unsigned)ZC_EXACT) |
	    (options->stable ? (unsigned)ZC_STABLE : 0) |
	    (options->no_disk_io ? (unsigned)ZC_NODISKIO : 0) |
	    sparse_flags(options);
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
	const struct options *options = mover->source->options;
	int64_t block;

	if (options->rate == 0 || options->method == ZC_REFLINK)
		return;
	block = direct_least(mover->source);
	if (mover->dest != NULL)
		block = MAX(block, direct_least(mover->dest));
	rate_begin(&mover->rate, options->rate, block);
}

/** Return what to ask of the engine.  It refers to the mover. */
static struct zc_request
request_for(struct mover *mover, const struct zc_hdtr *hdtr)
{
	const struct options *options = mover->options;
	const struct endpoint *source = mover->source, *dest = mover->dest;
	struct zc_request request = ZC_REQUEST_INIT(source->fd, dest->fd);

	request.bytes = source->empty ? 0 : options->bytes;
	request.hdtr = hdtr;
	request.method = options->method;
	request.flags = move_flags(options) |
	    (mover->cache[ROLE_SOURCE].uncached ? ZC_DONT_CACHE : 0);
	request.block_size = options->block_size;
	if (options->block_size == 0 &&
	    (dest->writeback.on || options->no_cache) &&
	    !is_small(source) && !filesystem_may_share(source->fd, dest->fd))
		request.block_size = FOLLOWED_BLOCK;
	request.pipe_size = options->pipe_size;
	request.select = options->rules != NULL ? on_select : NULL;
	request.event = on_event;
	request.wait = on_wait;
	request.arg = mover;
	request.timeout = timeout_of(options);
	limit_rate(mover);
	if (mover->rate.limit > 0 || mover->step > 0)
		request.allow = on_allow;
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

enum status
move(const struct endpoint *source, struct endpoint *dest,
    const struct zc_hdtr *hdtr, const struct watch *watch,
    struct cache cache[2], struct moved *moved)
{
	struct zc_result *result = &moved->result;
	struct mover mover = { .options = source->options, .source = source,
		.dest = dest, .watch = watch, .cache = cache,
		.step = progress_is_shown() ? STEP_FIRST : 0 };
	const struct zc_request request = request_for(&mover, hdtr);

	deadline_begin(&mover.deadline, source->options, DEADLINE_NEVER);
	if (endpoint_has(dest, ENDPOINT_NETWORK)) {
		mover.interval = 1;
		deadline_look(&mover.deadline, mover.interval);
	}
	dest->header = header_size(hdtr);
	gauge_phase(PHASE_MOVING);
	gauge_moved(0);
	gauge_expect(source->expected);
	mover.began = mover.stepped = clock_now();
	*result = (struct zc_result)ZC_RESULT_INIT;
	(void)zc_transfer(&request, result);	/* its outcome is in result */
	if (mover.reset && result->outcome == ZC_STOPPED) {
		result->outcome = ZC_FAILED;
		result->side = ZC_SINK;
		result->error = socket_error(dest->fd) < 0 ? errno : ECONNRESET;
	}
	moved->seconds = clock_seconds_since(mover.began);
	moved->waits = mover.waits;
	dest->sent = result->header_bytes + result->bytes +
	    result->trailer_bytes;

	if (mover.status != STATUS_OK)
		return mover.status;
	if (result->outcome == ZC_UNSUITED)
		return STATUS_METHOD;
	return verdict(result, source, dest);
}

void
move_plainly(const struct endpoint *source, int out, int64_t bytes,
    struct zc_result *result)
{
	struct zc_request request = ZC_REQUEST_INIT(source->fd, out);
	struct mover mover = { .source = source };

	request.bytes = bytes;
	request.flags = ZC_EXACT;
	request.event = on_event_plainly;
	request.wait = on_wait;
	request.arg = &mover;
	request.timeout = timeout_of(source->options);
	limit_rate(&mover);
	if (mover.rate.limit > 0)
		request.allow = on_allow;
	deadline_begin(&mover.deadline, source->options, DEADLINE_NEVER);
	mover.began = clock_now();
	(void)zc_transfer(&request, result);
}
