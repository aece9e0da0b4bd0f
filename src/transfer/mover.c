#include "config.h"

#include "mover.h"

#include <errno.h>
#include <sys/param.h>

#include "../base/clock.h"
#include "../base/diag.h"
#include "../base/gauge.h"
#include "../base/signals.h"
#include "../endpoint/part.h"
#include "../report/verbose.h"
#include "ahead.h"
#include "buffering.h"
#include "rules.h"
#include "tally.h"
#include "verdict.h"

#define STEP_TIME	INT64_C(100000000)	/* nanoseconds */
#define STEP_LEAST	((int64_t)256 * 1024)
#define STEP_MOST	((int64_t)1 << 30)

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

/** Return the least of these numbers, one for each sink, without sinks that
 * were dropped.  If none is left, or the only sink is a plain descriptor,
 * return the first number. */
static int64_t
least_of(const struct mover *mover, const int64_t number[DESTS_MAX])
{
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < mover->sinks.count; i++)
		if (mover->sinks.dest[i]->status == STATUS_OK)
			least = MIN(least, number[i]);
	return least < INT64_MAX ? least : number[0];
}

/** Note that a sink has got more.  For the rate, bytes that several sinks get
 * count once, and holes do not count. */
static void
count_moved(struct mover *mover, const struct zc_event *event)
{
	const struct zc_moved *moved = &event->moved;
	int64_t *all = &mover->all[event->sink], ahead;

	*all += moved->length;
	ahead = *all - mover->most;
	mover->most = MAX(mover->most, *all);
	if (ahead > 0 && !moved->skipped)
		rate_count(&mover->rate, ahead);
	if (mover->step > 0)
		adapt_step(mover, moved->length);
}

int
mover_event_plainly(const struct zc_event *event, void *arg)
{
	struct mover *mover = arg;

	if (event->type == ZC_EVENT_MOVED) {
		deadline_renew(&mover->deadline);
		count_moved(mover, event);
	}
	mover->data[event->sink] = event->bytes;
	gauge_moved(least_of(mover, mover->data));
	signals_answer();
	if (event->type == ZC_EVENT_INTERRUPTED) {
		peers_check(&mover->sinks);
		check_less_often(mover);
	}
	return signals_caught() != 0;
}

/** Do what comes before the first byte of a destination, look at its page cache
 * after it was truncated, and have SOURCE read ahead for this method. */
static enum status
begin(struct mover *mover, struct endpoint *end, struct cache *cache,
    enum zc_method method)
{
	enum status status = endpoint_begin(end);

	ahead_advise(&mover->ends->source, method);
	return status != STATUS_OK ? status : cache_begin(cache, end, 0);
}

/** After bytes have been written to a destination, drop their pages, start
 * their writeback, and tell the checkpoints of its part, as far as these are
 * wanted. */
static enum status
follow(struct endpoint *end, struct cache *cache, const struct zc_moved *moved)
{
	const int64_t to = moved->out_from + moved->length;
	enum status status;

	if (moved->out_from < 0)
		return STATUS_OK;
	status = cache_follow(cache, to);
	if (end->writeback.on)
		writeback_follow(&end->writeback, end->fd, to);
	if (end->part != NULL)
		part_note(end, to);
	return status;
}

/** Release the part of the buffer, and drop the pages of SOURCE, that all sinks
 * have read. */
static enum status
release_read(struct mover *mover)
{
	const int64_t least = least_of(mover, mover->read);

	if (least <= mover->least)
		return STATUS_OK;
	mover->least = least;
	if (mover->buffer != NULL)
		buffer_release(mover->buffer, least);
	return cache_follow(mover->cache, least);
}

/** After bytes of SOURCE have been moved, digest them, and note how far this
 * sink has read. */
static enum status
follow_source(struct mover *mover, const struct zc_event *event)
{
	const struct zc_moved *moved = &event->moved;

	digesting_follow(mover->digesting, moved);
	if (moved->in_from < 0)
		return STATUS_OK;
	mover->read[event->sink] = moved->in_from + moved->length;
	return release_read(mover);
}

/** Show which of several destinations is the slowest. */
static void
show_slowest(const struct mover *mover)
{
	const struct sinks *sinks = &mover->sinks;
	const char *slowest = NULL;
	int64_t most = -1;
	size_t left = 0;

	if (sinks->count < 2)
		return;
	for (size_t i = 0; i < sinks->count; i++) {
		const int64_t spent = zc_job_sink(sinks->job, i)->spent;

		if (sinks->dest[i]->status != STATUS_OK)
			continue;
		left++;
		if (spent <= most)
			continue;
		most = spent;
		slowest = sinks->dest[i]->end.name;
	}
	gauge_slowest(left > 1 ? slowest : NULL);
}

enum status
mover_ask(const struct mover *mover, struct dest *dest,
    const struct zc_result *result)
{
	struct ends *ends = mover->ends;
	enum status status = buffering_ask(mover, result);

	if (status != STATUS_OK)
		return status;
	if (result->outcome == ZC_SHORT)
		return endpoint_ended(&ends->source, false,
		    tally(ends, result->bytes, -1).text);
	if (result->outcome == ZC_FAILED && result->side == ZC_SINK &&
	    result->error == EPIPE)
		return endpoint_broken(&dest->end,
		    tally_dest(result, &dest->end).text);
	return STATUS_OK;
}

struct zc_result
mover_result(const struct mover *mover, size_t sink)
{
	struct zc_result result = *zc_job_sink(mover->sinks.job, sink);

	buffering_correct(mover, &result);
	return result;
}

enum status
mover_judge(struct mover *mover, size_t sink)
{
	struct dest *dest = mover->sinks.dest[sink];
	enum status status = dest->status;

	mover->judged[sink] = true;
	dest->result = mover_result(mover, sink);
	(void)ends_begin_step(dest);
	if (status == STATUS_OK)
		status = mover_ask(mover, dest, &dest->result);
	if (status == STATUS_OK)
		status = verdict(&dest->result, mover->ends, dest);
	return ends_end_step(mover->ends, dest, status);
}

/** Note that a call has lent SOURCE's own pages to a peer or a command, which
 * gets what is in them when it takes them. */
static void
note_lent(const struct mover *mover, struct dest *dest, enum zc_method method)
{
	const bool of_source = mover->buffer == NULL ||
	    buffer_fd(mover->buffer) < 0;

	if ((method == ZC_SENDFILE || method == ZC_SPLICE) && of_source &&
	    endpoint_is_awaited(&dest->end))
		dest->lent = mover->watch;
}

/** Make the step of a destination that this event asks for.  Return its
 * status. */
static enum status
serve(struct mover *mover, struct dest *dest, const struct zc_event *event)
{
	struct endpoint *end = ends_begin_step(dest);

	switch (event->type) {
	case ZC_EVENT_PLAN:
		return begin(mover, end, &dest->cache, event->method);
	case ZC_EVENT_MOVED:
		note_lent(mover, dest, event->method);
		return follow(end, &dest->cache, &event->moved);
	default:
		return STATUS_OK;
	}
}

enum status
mover_approve(struct ends *ends, const struct watch *watch,
    struct digesting *digesting, int64_t bytes)
{
	enum status status;

	digesting_wait(digesting);
	status = watch_check(watch, ends, bytes);
	return status != STATUS_OK ? status :
	    digesting_finish(digesting, ends, bytes);
}

/** Decide whether the trailer may be sent, after `bytes` bytes of data. */
static enum status
approve(struct mover *mover, int64_t bytes)
{
	enum status status = buffering_check_end(mover);

	if (status != STATUS_OK)
		return status;
	status = mover_approve(mover->ends, mover->watch, mover->digesting,
	    bytes);
	gauge_phase(PHASE_MOVING);	/* the digest may have set another */
	return status;
}

/* If a step of SOURCE fails, stop the engine; if a step of a destination fails,
 * have the engine drop that one. */
int
mover_event(const struct zc_event *event, void *arg)
{
	struct mover *mover = arg;
	struct dest *dest = mover->sinks.dest[event->sink];
	enum status status = serve(mover, dest, event);

	diag_keep(NULL);
	if (status != STATUS_OK) {
		dest->status = status;
		(void)zc_job_drop(mover->sinks.job, event->sink, ECANCELED);
	}
	verbose_event(event, ends_label(mover->ends, dest));
	if (event->type == ZC_EVENT_MOVED) {
		mover->status = follow_source(mover, event);
		show_slowest(mover);
	}
	if (event->type == ZC_EVENT_TRAILER)
		mover->status = approve(mover, event->bytes);
	if (event->type == ZC_EVENT_DROPPED) {
		(void)mover_judge(mover, event->sink);
		/* The others may wait for what this one was too slow for. */
		if (mover->status == STATUS_OK)
			mover->status = release_read(mover);
	}
	return mover_event_plainly(event, arg) || mover->status != STATUS_OK;
}

int
mover_select(const struct zc_ends *ends, void *arg)
{
	const struct mover *mover = arg;

	return (int)rules_choose(mover->options->rules, ends->bytes);
}

int64_t
mover_allow(int64_t bytes, int64_t *until, void *arg)
{
	struct mover *mover = arg;

	if (mover->step > 0)
		bytes = MIN(bytes, mover->step);
	if (mover->buffer != NULL)
		bytes = buffering_allow(mover, bytes);
	if (bytes <= 0)
		return bytes;
	if (mover->digesting != NULL && mover->digesting->follower != NULL)
		bytes = follower_allow(mover->digesting->follower, bytes,
		    until);
	if (bytes == 0)
		return 0;
	return mover->rate.limit > 0 ?
	    rate_allow(&mover->rate, bytes, until) : bytes;
}

/* Hashing a large hole takes long. */
int
mover_look(const void *data, int64_t size, void *arg)
{
	struct mover *mover = arg;
	int stop = digesting_look(mover->digesting, data, size);

	deadline_renew(&mover->deadline);
	return stop;
}

int
mover_wait(const struct zc_wait *wait, size_t count, void *arg)
{
	struct mover *mover = arg;
	const int bell = mover->buffer != NULL ? buffer_bell(mover->buffer) :
	    -1;
	const int done = peers_wait(&mover->sinks, wait, count, bell,
	    &mover->waits);

	if (mover->buffer != NULL)
		buffer_silence(mover->buffer);
	return done;
}
