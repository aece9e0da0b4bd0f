#include "config.h"

#include "move.h"

#include <poll.h>
#include <sys/time.h>
#include <time.h>

#include "diag.h"
#include "report/trail.h"
#include "signals.h"
#include "verdict.h"

struct mover {
	const struct options *options;
	const struct endpoint *source;
	struct endpoint *dest;
	const struct watch *watch;
	enum status hook;		/* what a step of ours came to */
	struct timespec began;
};

static double
seconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	timespecsub(&now, began, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int
on_event(const struct zc_event *event, void *arg)
{
	struct mover *mover = arg;

	trail_event(event);
	if (event->type == ZC_EVENT_PLAN)
		mover->hook = endpoint_begin(mover->dest);
	if (event->type == ZC_EVENT_TRAILER)
		mover->hook = watch_end(mover->watch, mover->source,
		    event->bytes);
	if (signals_status_wanted())
		trail_status(event->bytes, seconds_since(&mover->began));
	return mover->hook != STATUS_OK || signals_caught() != 0;
}

static int
on_event_plainly(const struct zc_event *event, void *arg)
{
	(void)event;
	(void)arg;
	return signals_caught() != 0;
}

static int
on_select(const struct zc_ends *ends, void *arg)
{
	const struct mover *mover = arg;

	return (int)rules_choose(mover->options->rules, ends->size);
}

static int
on_wait(const struct zc_wait *wait, void *arg)
{
	struct pollfd pollfd = { .fd = wait->fd, .events = wait->events };

	(void)arg;
	return poll(&pollfd, 1, -1) < 0 ? -1 : 0;
}

unsigned
move_flags(const struct options *options)
{
	return (options->allow_short ? 0 : (unsigned)ZC_EXACT) |
	    (options->stable ? (unsigned)ZC_STABLE : 0) |
	    (options->no_disk_io ? (unsigned)ZC_NODISKIO : 0);
}

enum status
move(const struct endpoint *source, struct endpoint *dest,
    const struct zc_hdtr *hdtr, const struct watch *watch,
    struct zc_result *result, double *seconds)
{
	const struct options *options = source->options;
	struct mover mover = { .options = options, .source = source,
		.dest = dest, .watch = watch };
	struct zc_request request = ZC_REQUEST_INIT(source->fd, dest->fd);

	request.bytes = options->bytes;
	request.hdtr = hdtr;
	request.method = options->method;
	request.flags = move_flags(options);
	request.block_size = options->block_size;
	request.pipe_size = options->pipe_size;
	request.select = options->rules != NULL ? on_select : NULL;
	request.event = on_event;
	request.wait = on_wait;
	request.arg = &mover;

	clock_gettime(CLOCK_MONOTONIC, &mover.began);
	(void)zc_transfer(&request, result);	/* the result says it all */
	*seconds = seconds_since(&mover.began);
	if (mover.hook != STATUS_OK)
		return mover.hook;
	return verdict(result, source, dest);
}

void
move_plainly(const struct endpoint *source, int out, int64_t bytes,
    struct zc_result *result)
{
	struct zc_request request = ZC_REQUEST_INIT(source->fd, out);

	request.bytes = bytes;
	request.flags = ZC_EXACT;
	request.event = on_event_plainly;
	request.wait = on_wait;
	(void)zc_transfer(&request, result);
}
