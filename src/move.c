#include "config.h"

#include "move.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "diag.h"
#include "report/trail.h"
#include "signals.h"
#include "verdict.h"

struct mover {
	const struct options *options;
	struct endpoint *dest;
	enum status begun;		/* what its beginning came to */
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
		mover->begun = endpoint_begin(mover->dest);
	if (signals_status_wanted())
		trail_status(event->bytes, seconds_since(&mover->began));
	return mover->begun != STATUS_OK || signals_caught() != 0;
}

static int
on_event_nowhere(const struct zc_event *event, void *arg)
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

/** False: there was nothing to run; errno says why. */
static bool
run(const struct zc_request *request, struct zc_result *result)
{
	struct zc_job *job = zc_job_new(request);

	*result = (struct zc_result){ .outcome = ZC_FAILED };
	if (job == NULL)
		return false;
	(void)zc_job_run(job, NULL);	/* the result says all that it does */
	*result = *zc_job_result(job);
	zc_job_free(job);
	return true;
}

enum status
move(const struct endpoint *source, struct endpoint *dest,
    struct zc_result *result, double *seconds)
{
	const struct options *options = source->options;
	struct mover mover = { .options = options, .dest = dest };
	struct zc_request request = ZC_REQUEST_INIT(source->fd, dest->fd);

	request.bytes = options->bytes;
	request.method = options->method;
	request.flags = (options->allow_short ? 0 : ZC_EXACT) |
	    (options->stable ? ZC_STABLE : 0);
	request.block_size = options->block_size;
	request.pipe_size = options->pipe_size;
	request.select = options->rules != NULL ? on_select : NULL;
	request.event = on_event;
	request.wait = on_wait;
	request.arg = &mover;

	clock_gettime(CLOCK_MONOTONIC, &mover.began);
	if (!run(&request, result)) {
		/* All else was found out when the ends were opened. */
		if (errno == EINVAL)
			diag_error(dest->name, "write: it is SOURCE itself, "
			    "and would be read again as it is written");
		else
			diag_errno(dest->name, "start");
		return STATUS_DEST;
	}
	*seconds = seconds_since(&mover.began);
	if (mover.begun != STATUS_OK)
		return mover.begun;
	return verdict(result, source, dest);
}

enum status
move_nowhere(const struct endpoint *source, int64_t bytes,
    struct zc_result *result)
{
	int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct zc_request request = ZC_REQUEST_INIT(source->fd, out);
	bool ran;

	request.bytes = bytes;
	request.flags = ZC_EXACT;
	request.event = on_event_nowhere;
	request.wait = on_wait;
	ran = out >= 0 && run(&request, result);
	if (!ran)
		diag_errno(source->name, "skip");
	if (out >= 0)
		close(out);
	return ran ? STATUS_OK : STATUS_SOURCE;
}
