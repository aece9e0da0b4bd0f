#include "config.h"

#include "move.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/param.h>

#include "../base/clock.h"
#include "../base/deadline.h"
#include "../base/signals.h"
#include "../endpoint/socket.h"
#include "../report/verbose.h"
#include "rules.h"
#include "verdict.h"

/* The most bytes of one call if DEST follows: copy_file_range(2) and
 * sendfile(2) would move 1 GiB between two events. */
#define FOLLOWED_BLOCK	((size_t)1024 * 1024)

struct mover {
	const struct options *options;
	const struct endpoint *source;
	struct endpoint *dest;		/* NULL: a plain descriptor */
	const struct watch *watch;
	enum status hook;		/* what a step of ours came to */
	bool stalled;			/* nothing moved for too long */
	bool doubted;			/* ...it seemed, once */
	bool reset;			/* dest is gone, and nobody wrote */
	int queued;			/* in dest, behind us */
	bool deaf;			/* dest sends nothing more */
	double look;			/* seconds to the next look for a
					   reset; 0: none */
	int64_t waits;			/* calls of poll(2) */
	int64_t began;
};

/** Has what is queued behind us moved on?  A peer that takes it slowly may not
 * let us write for a while. */
static bool
drains(struct mover *mover)
{
	int before = mover->queued;

	if (mover->dest == NULL)
		return false;
	mover->queued = socket_queue(mover->dest->fd);
	if (mover->queued < 0 &&		/* FIONREAD: of a pipe */
	    ioctl(mover->dest->fd, FIONREAD, &mover->queued) < 0)
		mover->queued = 0;
	return mover->queued != before;
}

/** Did nothing move for too long?  Who was stopped himself looks twice. */
static bool
is_stalled(struct mover *mover)
{
	bool doubted = mover->doubted;

	if (!deadline_passed())
		return false;
	mover->doubted = true;
	if (!doubted)
		deadline_extend();
	return doubted;
}

/** True if the peer has reset the connection.  While SOURCE is silent nothing
 * is written, so no call would report it. */
static bool
is_reset(const struct mover *mover)
{
	struct pollfd pollfd = { .fd = -1 };

	if (mover->dest != NULL && mover->dest->type->network)
		pollfd.fd = mover->dest->fd;
	return poll(&pollfd, 1, 0) > 0 && (pollfd.revents & POLLERR);
}

/** Interrupt a file less and less often: a FUSE server may have given up the
 * read(2) for it. */
static void
look_less(struct mover *mover)
{
	if (mover->look <= 0 || !S_ISREG(mover->source->st.st_mode))
		return;
	mover->look = MIN(2 * mover->look, 60);
	deadline_look(mover->look);
}

/** Renew or check the deadline, answer SIGUSR1, and look for signals and a
 * reset: what moving to any end needs. */
static int
on_event_plainly(const struct zc_event *event, void *arg)
{
	struct mover *mover = arg;

	if (event->type == ZC_EVENT_MOVED ||
	    (deadline_limit() > 0 && drains(mover))) {
		deadline_renew();
		mover->doubted = false;
	}
	if (signals_status_wanted())
		verbose_status(event->bytes, clock_seconds_since(mover->began));
	mover->stalled = is_stalled(mover);
	if (event->type == ZC_EVENT_INTERRUPTED) {
		mover->reset = is_reset(mover);
		look_less(mover);
	}
	return mover->stalled || mover->reset || signals_caught() != 0;
}

static int
on_event(const struct zc_event *event, void *arg)
{
	struct mover *mover = arg;

	verbose_event(event);
	if (event->type == ZC_EVENT_PLAN)
		mover->hook = endpoint_begin(mover->dest);
	if (event->type == ZC_EVENT_MOVED && mover->dest->follows)
		mover->dest->type->moved(mover->dest, event->bytes);
	if (event->type == ZC_EVENT_TRAILER)
		mover->hook = watch_check(mover->watch, mover->source,
		    mover->dest, event->bytes);
	return on_event_plainly(event, arg) || mover->hook != STATUS_OK;
}

static int
on_select(const struct zc_ends *ends, void *arg)
{
	const struct mover *mover = arg;

	return (int)rules_choose(mover->options->rules, ends->size);
}

/** A peer that sends while it receives is not to wait for us to read. */
static bool
hears(const struct mover *mover, int fd)
{
	return !mover->deaf && mover->dest != NULL && fd == mover->dest->fd &&
	    mover->dest->type->network;
}

/** 0, or -1 with errno. */
static int
listen_to(struct mover *mover, const struct pollfd *pollfd)
{
	int end = 0;

	if (hears(mover, pollfd->fd) && (pollfd->revents & ~POLLOUT))
		end = socket_drop(pollfd->fd);
	if (end < 0)
		return -1;
	mover->deaf |= end > 0;
	/* Who talks all the time never lets poll(2) be interrupted. */
	errno = EINTR;
	return deadline_passed() || signals_caught() != 0 ? -1 : 0;
}

static int
on_wait(const struct zc_wait *wait, void *arg)
{
	struct mover *mover = arg;
	struct pollfd pollfd = { .fd = wait->fd, .events = wait->events };

	do {
		mover->waits++;
		if (hears(mover, wait->fd))
			pollfd.events |= POLLIN;
		if (poll(&pollfd, 1, -1) < 0 ||
		    listen_to(mover, &pollfd) < 0)
			return -1;
		pollfd.events = wait->events;
	} while ((pollfd.revents & (wait->events | POLLERR | POLLHUP)) == 0);
	return 0;
}

/** True if the deadline ended it, and no signal. */
static bool
gave_up(const struct mover *mover, const struct zc_result *result)
{
	return mover->stalled && result->outcome == ZC_STOPPED &&
	    signals_caught() == 0;
}

unsigned
move_flags(const struct options *options)
{
	return (options->allow_short ? 0 : (unsigned)ZC_EXACT) |
	    (options->stable ? (unsigned)ZC_STABLE : 0) |
	    (options->no_disk_io ? (unsigned)ZC_NODISKIO : 0);
}

static void
blame(const struct endpoint *dest, struct zc_result *result)
{
	result->outcome = ZC_FAILED;
	result->side = ZC_SINK;
	result->error = socket_error(dest->fd) < 0 ? errno : ECONNRESET;
}

/** True if no call can exceed FOLLOWED_BLOCK anyway.  It would be the size of
 * read-write's buffer, too, which is 32 KiB for the smallest files. */
static bool
is_small(const struct endpoint *source)
{
	return source->has_stat && S_ISREG(source->st.st_mode) &&
	    source->st.st_size <= (off_t)FOLLOWED_BLOCK;
}

enum status
move(const struct endpoint *source, struct endpoint *dest,
    const struct zc_hdtr *hdtr, const struct watch *watch, struct moved *moved)
{
	struct zc_result *result = &moved->result;
	const struct options *options = source->options;
	struct mover mover = { .options = options, .source = source,
		.dest = dest, .watch = watch };
	struct zc_request request = ZC_REQUEST_INIT(source->fd, dest->fd);

	request.bytes = source->empty ? 0 : options->bytes;
	request.hdtr = hdtr;
	request.method = options->method;
	request.flags = move_flags(options);
	request.block_size = options->block_size;
	if (options->block_size == 0 && dest->follows && !is_small(source))
		request.block_size = FOLLOWED_BLOCK;
	request.pipe_size = options->pipe_size;
	request.select = options->rules != NULL ? on_select : NULL;
	request.event = on_event;
	request.wait = on_wait;
	request.arg = &mover;

	deadline_begin(options, DEADLINE_NEVER);
	if (dest->type->network) {
		mover.look = 1;			/* for is_reset() */
		deadline_look(mover.look);
	}
	mover.began = clock_now();
	(void)zc_transfer(&request, result);	/* the result says it all */
	if (mover.reset && result->outcome == ZC_STOPPED)
		blame(dest, result);
	moved->seconds = clock_seconds_since(mover.began);
	moved->waits = mover.waits;
	dest->sent = result->header_bytes + result->bytes +
	    result->trailer_bytes;
	if (mover.hook != STATUS_OK)
		return mover.hook;
	if (gave_up(&mover, result))
		return verdict_stalled(result, source, dest);
	if (result->outcome == ZC_UNSUITED)
		return STATUS_METHOD;
	return verdict(result, source, dest);
}

void
move_plainly(const struct endpoint *source, int out, int64_t bytes,
    struct zc_result *result)
{
	struct zc_request request = ZC_REQUEST_INIT(source->fd, out);
	struct mover mover = { .dest = NULL };

	request.bytes = bytes;
	request.flags = ZC_EXACT;
	request.event = on_event_plainly;
	request.wait = on_wait;
	request.arg = &mover;
	deadline_begin(source->options, DEADLINE_NEVER);
	mover.began = clock_now();
	(void)zc_transfer(&request, result);
	if (gave_up(&mover, result))
		*result = (struct zc_result){ .outcome = ZC_FAILED,
			.side = ZC_SOURCE, .error = ETIMEDOUT };
}
