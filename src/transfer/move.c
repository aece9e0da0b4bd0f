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
#include "../endpoint/look.h"
#include "../endpoint/part.h"
#include "../endpoint/socket.h"
#include "../report/progress.h"
#include "../report/verbose.h"
#include "../system/filesystem.h"
#include "ahead.h"
#include "direct.h"
#include "rate.h"
#include "rules.h"
#include "sparse.h"
#include "tally.h"
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
	struct ends *ends;
	struct dest *sink[DESTS_MAX];	/* by the numbers of the engine */
	size_t count;			/* 0: a plain descriptor */
	const struct watch *watch;
	struct cache *cache;		/* of SOURCE */
	struct digesting *digesting;
	enum status status;		/* of the steps that on_event() calls */
	struct dest *reset;		/* it has broken while nothing was
					   written; or NULL */
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

/** True if poll(2) says (POLLERR) when the peer has reset the connection, or
 * when the command has closed its standard input. */
static bool
may_break(const struct endpoint *dest)
{
	return endpoint_has(dest, ENDPOINT_NETWORK) ||
	    endpoint_has(dest, ENDPOINT_COMMAND);
}

/** Return the first destination that has broken; or NULL.  While SOURCE is
 * silent nothing is written, so no call would report it. */
static struct dest *
find_reset(const struct mover *mover)
{
	struct pollfd polled[DESTS_MAX] = { 0 };

	for (size_t i = 0; i < mover->count; i++)
		polled[i].fd = may_break(&mover->sink[i]->end) ?
		    mover->sink[i]->end.fd : -1;
	if (poll(polled, mover->count, 0) <= 0)
		return NULL;
	for (size_t i = 0; i < mover->count; i++)
		if (polled[i].revents & POLLERR)
			return mover->sink[i];
	return NULL;
}

/** Check for a reset less and less often if SOURCE is a file: the check
 * interrupts read(2), and a FUSE server may start that anew each time. */
static void
check_less_often(struct mover *mover)
{
	if (mover->interval <= 0 || !S_ISREG(mover->ends->source.st.st_mode))
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

/** Answer SIGUSR1, and look for signals and a reset: what moving to any
 * descriptor needs. */
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
		mover->reset = find_reset(mover);
		check_less_often(mover);
	}
	return mover->reset != NULL || signals_caught() != 0;
}

/** Begin to write a destination, and look at its cache when it has been
 * truncated. */
static enum status
begin(struct mover *mover, struct dest *dest, enum zc_method method)
{
	enum status status = endpoint_begin(&dest->end);

	ahead_advise(&mover->ends->source, method);
	return status != STATUS_OK ? status :
	    cache_begin(&dest->cache, &dest->end, 0);
}

/** Have what follows the data go on: the digest, what drops pages, writeback,
 * and the checkpoints of a part. */
static enum status
follow(struct mover *mover, struct dest *dest, const struct zc_moved *moved)
{
	enum status status = STATUS_OK;
	int64_t to = moved->out_from + moved->length;

	digesting_follow(mover->digesting, moved);
	if (moved->in_from >= 0)
		status = cache_follow(mover->cache, moved->in_from +
		    moved->length);
	if (moved->out_from < 0 || status != STATUS_OK)
		return status;
	status = cache_follow(&dest->cache, to);
	if (dest->end.writeback.on)
		writeback_follow(&dest->end.writeback, dest->end.fd, to);
	if (dest->end.part != NULL)
		part_note(&dest->end, to);
	return status;
}

/** Decide whether the trailer may be sent: all `bytes` bytes of data are. */
static enum status
approve(struct mover *mover, int64_t bytes)
{
	enum status status = watch_check(mover->watch, mover->ends, bytes);

	if (status == STATUS_OK)
		status = digesting_finish(mover->digesting, mover->ends, bytes);
	gauge_phase(PHASE_MOVING);	/* both may have waited */
	return status;
}

/** Do the same, and the steps of the destination and of the watch when they are
 * due.  If one fails, its status is kept, and the engine is told to stop. */
static int
on_event(const struct zc_event *event, void *arg)
{
	struct mover *mover = arg;
	struct dest *dest = mover->sink[event->sink];

	verbose_event(event);
	if (event->type == ZC_EVENT_PLAN)
		mover->status = begin(mover, dest, event->method);
	if (event->type == ZC_EVENT_MOVED)
		mover->status = follow(mover, dest, &event->moved);
	if (event->type == ZC_EVENT_TRAILER)
		mover->status = approve(mover, event->bytes);
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
	if (mover->digesting != NULL && mover->digesting->follower != NULL)
		bytes = follower_allow(mover->digesting->follower, bytes,
		    until);
	if (bytes == 0)
		return 0;
	return mover->rate.limit > 0 ?
	    rate_allow(&mover->rate, bytes, until) : bytes;
}

/** Hashing a large hole takes long. */
static int
on_look(const void *data, int64_t size, void *arg)
{
	struct mover *mover = arg;
	int stop = digesting_look(mover->digesting, data, size);

	deadline_renew(&mover->deadline);
	return stop;
}

/** If `fd` is a destination, and what its peer sends must be read and dropped,
 * return that; else NULL.  A peer that is blocked in sending to us may not read
 * what we send. */
static struct dest *
must_read(const struct mover *mover, int fd)
{
	for (size_t i = 0; i < mover->count; i++) {
		struct dest *dest = mover->sink[i];

		if (dest->end.fd == fd)
			return !dest->peer_ended && endpoint_has(&dest->end,
			    ENDPOINT_NETWORK) ? dest : NULL;
	}
	return NULL;
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

/** What on_wait() waits for. */
struct waiting {
	struct pollfd polled[DESTS_MAX];
	struct dest *reads[DESTS_MAX];	/* what its peer sends is dropped */
	nfds_t count;
	int64_t until;			/* 0: no limit */
};

/** Fill in what to wait for, and until when. */
static void
waiting_set(struct waiting *waiting, const struct mover *mover,
    const struct zc_wait *waits, size_t count)
{
	waiting->count = count;
	waiting->until = 0;
	for (size_t i = 0; i < count; i++) {
		const struct zc_wait *wait = &waits[i];

		waiting->reads[i] = must_read(mover, wait->fd);
		waiting->polled[i] = (struct pollfd){ .fd = wait->fd,
			.events = wait->events |
			    (waiting->reads[i] != NULL ? POLLIN : 0) };
		if (wait->until != 0 && (waiting->until == 0 ||
		    wait->until < waiting->until))
			waiting->until = wait->until;
	}
}

/** Drop what the destinations have sent.  Return 0, or -1 with errno. */
static int
waiting_drop(const struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->count; i++) {
		struct dest *dest = waiting->reads[i];
		int ended = dest != NULL &&
		    (waiting->polled[i].revents & ~POLLOUT) ?
		    socket_drop(dest->end.fd) : 0;

		if (ended < 0)
			return -1;
		if (ended > 0)
			dest->peer_ended = true;
	}
	return 0;
}

/** True if one of them is ready, or has failed. */
static bool
waiting_is_over(const struct waiting *waiting, const struct zc_wait *waits)
{
	for (size_t i = 0; i < waiting->count; i++)
		if (waiting->polled[i].revents &
		    (waits[i].events | POLLERR | POLLHUP))
			return true;
	return false;
}

/** Wait until one of the descriptors is ready or has failed, or one's time
 * `until` has come.  In the meantime, drop what destinations send.  Return 0,
 * or -1 with errno; after EINTR the engine calls on_event(). */
static int
on_wait(const struct zc_wait *waits, size_t count, void *arg)
{
	struct mover *mover = arg;
	struct waiting waiting;

	do {
		waiting_set(&waiting, mover, waits, count);
		mover->waits++;
		if (poll(waiting.polled, waiting.count,
		    milliseconds_until(waiting.until)) < 0 ||
		    waiting_drop(&waiting) < 0)
			return -1;
		/* If a peer keeps sending, poll(2) returns at once and never
		 * fails with EINTR. */
		if (signals_caught() != 0) {
			errno = EINTR;
			return -1;
		}
		if (milliseconds_until(waiting.until) == 0)
			return 0;
	} while (!waiting_is_over(&waiting, waits));
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
	const struct options *options = mover->ends->source.options;
	int64_t block;

	if (options->rate == 0 || options->method == ZC_REFLINK)
		return;
	block = direct_least(&mover->ends->source);
	for (size_t i = 0; i < mover->count; i++)
		block = MAX(block, direct_least(&mover->sink[i]->end));
	rate_begin(&mover->rate, options->rate, block);
}

/** True if calls are to be limited to FOLLOWED_BLOCK. */
static bool
is_followed(const struct mover *mover)
{
	const struct endpoint *source = &mover->ends->source;
	bool follows = mover->options->no_cache, shares = false;

	for (size_t i = 0; i < mover->count; i++)
		follows |= mover->sink[i]->end.writeback.on;
	if (!follows || is_small(source))
		return false;
	for (size_t i = 0; i < mover->count; i++)
		shares |= filesystem_may_share(source->fd,
		    mover->sink[i]->end.fd);
	return !shares;
}

/** Fill in the further sinks, all destinations but the first. */
static void
set_sinks(struct zc_sink sinks[DESTS_MAX], const struct mover *mover,
    const struct zc_hdtr *hdtr)
{
	for (size_t i = 1; i < mover->count; i++) {
		sinks[i - 1] = (struct zc_sink)
		    ZC_SINK_INIT(mover->sink[i]->end.fd);
		sinks[i - 1].hdtr = hdtr;
	}
}

/** Ask the engine for what the digest needs, if there is one. */
static void
ask_for_digest(struct zc_request *request, const struct digesting *digesting)
{
	if (digesting->digest == NULL)
		return;
	if (digesting->follower != NULL) {
		request->allow = on_allow;
	} else {
		request->flags |= ZC_LOOK;
		request->look = on_look;
	}
}

/** Return what to ask of the engine.  It refers to the mover and to `sinks`. */
static struct zc_request
request_for(struct mover *mover, const struct zc_hdtr *hdtr,
    struct zc_sink sinks[DESTS_MAX])
{
	const struct options *options = mover->options;
	const struct endpoint *source = &mover->ends->source;
	struct zc_request request = ZC_REQUEST_INIT(source->fd,
	    mover->sink[0]->end.fd);

	set_sinks(sinks, mover, hdtr);
	request.sinks = sinks;
	request.sink_count = mover->count - 1;
	request.bytes = look_wanted(source);
	request.hdtr = hdtr;
	request.method = options->method;
	request.flags = move_flags(options) |
	    (mover->cache->uncached ? ZC_DONT_CACHE : 0);
	request.block_size = options->block_size;
	if (options->block_size == 0 && is_followed(mover))
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
	ask_for_digest(&request, mover->digesting);
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

/** Return the errno of a DEST that has broken. */
static int
broken_error(const struct endpoint *dest)
{
	if (endpoint_has(dest, ENDPOINT_COMMAND))
		return EPIPE;
	return socket_error(dest->fd) < 0 ? errno : ECONNRESET;
}

/** If an end ended before the transfer did, let it say why: a command knows how
 * it has exited. */
static enum status
ask(const struct zc_result *result, struct ends *ends, struct endpoint *dest)
{
	if (result->outcome == ZC_SHORT)
		return endpoint_ended(&ends->source, false,
		    tally(ends, result->bytes, -1).text);
	if (result->outcome == ZC_FAILED && result->side == ZC_SINK &&
	    result->error == EPIPE)
		return endpoint_broken(dest, tally_dest(result, dest).text);
	return STATUS_OK;
}

/** Name the sinks of the engine, and prepare them for the first byte. */
static void
line_up(struct mover *mover, const struct zc_hdtr *hdtr)
{
	FOR_EACH_DEST(dest, mover->ends) {
		mover->sink[mover->count++] = dest;
		dest->end.header = header_size(hdtr);
		if (may_break(&dest->end))
			mover->interval = 1;
	}
	deadline_begin(&mover->deadline, mover->options, DEADLINE_NEVER);
	if (mover->interval > 0)
		deadline_look(&mover->deadline, mover->interval);
}

enum status
move(struct ends *ends, const struct zc_hdtr *hdtr, const struct watch *watch,
    struct cache *source_cache, struct digesting *digesting,
    struct moved *moved)
{
	struct endpoint *dest = &ends->dest->end;
	struct zc_result *result = &moved->result;
	struct mover mover = { .options = ends->source.options, .ends = ends,
		.watch = watch, .cache = source_cache,
		.digesting = digesting,
		.step = progress_is_shown() ? STEP_FIRST : 0 };
	struct zc_sink sinks[DESTS_MAX];
	struct zc_request request;

	line_up(&mover, hdtr);
	request = request_for(&mover, hdtr, sinks);
	gauge_phase(PHASE_MOVING);
	gauge_moved(0);
	gauge_expect(ends->source.expected);
	mover.began = mover.stepped = clock_now();
	*result = (struct zc_result)ZC_RESULT_INIT;
	(void)zc_transfer(&request, result);	/* its outcome is in result */
	if (mover.reset != NULL && result->outcome == ZC_STOPPED) {
		result->outcome = ZC_FAILED;
		result->side = ZC_SINK;
		result->error = broken_error(dest);
	}
	moved->seconds = clock_seconds_since(mover.began);
	moved->waits = mover.waits;
	ends->dest->result = *result;
	dest->sent = result->header_bytes + result->bytes +
	    result->trailer_bytes;

	if (mover.status != STATUS_OK)
		return mover.status;
	if (result->outcome == ZC_UNSUITED)
		return STATUS_METHOD;
	mover.status = ask(result, ends, dest);
	if (mover.status != STATUS_OK)
		return mover.status;
	return verdict(result, ends, dest);
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
	request.event = on_event_plainly;
	request.wait = on_wait;
	request.arg = &mover;
	request.timeout = timeout_of(options);
	limit_rate(&mover);
	if (mover.rate.limit > 0)
		request.allow = on_allow;
	deadline_begin(&mover.deadline, options, DEADLINE_NEVER);
	mover.began = clock_now();
	(void)zc_transfer(&request, result);
}
