#include "config.h"

#include "confirm.h"

#include <errno.h>

#include "tuning.h"

int
confirm_doubts(const struct supply *supply)
{
	int more = 0;

	if (supply->in.start >= 0 && supply->method != &method_read_write)
		more = end_peek(&supply->in);
	if (more < 0)
		return errno;
	return more > 0 ? ENODATA : 0;
}

/** Refuse the method. */
static struct step
false_end(struct sink *sink)
{
	sink->result.reason = "it saw the end where read(2) has more";
	return step_unsuited(ENODATA);
}

/**
 * Confirm the end of a source that has a position, by a peek.  If there is
 * more, the file may just have grown, so make the method's call again; if that
 * returns 0 from the same position, refuse the method.
 */
static struct step
confirm_by_peek(struct sink *sink, enum motion motion, const struct call *call)
{
	int doubt = confirm_doubts(sink->supply);
	struct step step;

	if (doubt == 0)
		return step_ended();
	if (doubt == EINTR)		/* by a FUSE server that is slow */
		return step_moved(0);
	if (doubt != ENODATA)
		return step_unsuited(doubt);
	sink->result.use[motion_method(sink, motion)].calls++;
	step = motion_step(sink, motion, call);
	return step.outcome == STEP_ENDED ? false_end(sink) : step;
}

/**
 * Confirm the end, or EAGAIN, of a source without a position, by read(2).  What
 * read(2) gets is data like any other, and is given from memory.  Refuse a
 * method that saw a false end twice and moved nothing in between.
 */
static struct step
confirm_by_read(struct sink *sink, bool ended, enum motion *motion,
    enum zc_method *method, const struct call *call)
{
	struct supply *supply = sink->supply;
	struct step step;

	if (memory_reserve(&supply->spilled, CONFIRM_BLOCK) < 0)
		return step_unsuited(errno);
	step = supply_take(supply, &supply->spilled, call, false);
	if (step.outcome != STEP_MOVED || step.moved == 0)
		return step;
	*motion = TAKE;
	*method = ZC_READ_WRITE;
	sink->result.use[ZC_READ_WRITE].calls++;
	if (!ended || !supply->overruled) {
		supply->overruled |= ended;
		return step;
	}
	motion_count(sink, TAKE, &step);
	return false_end(sink);
}

struct step
confirm_step(struct sink *sink, struct step step, enum motion *motion,
    enum zc_method *method, const struct call *call)
{
	struct supply *supply = sink->supply;
	const bool ended = step.outcome == STEP_ENDED;
	bool doubtful = ended;

	/* After the first EAGAIN we waited, as a rule until poll(2) said
	 * POLLIN: so ask read(2) after a second one.  If the wait ended for
	 * another reason, read(2) says EAGAIN, too. */
	if (step.outcome == STEP_BLOCKED && step.side == ZC_SOURCE) {
		doubtful = supply->dry && end_waits_by_poll(&supply->in);
		supply->dry = true;
	}
	if (!doubtful || !motion_takes(*motion) || *method == ZC_READ_WRITE ||
	    supply->in.kind == ZC_PIPE || supply->in.kind == ZC_TTY)
		return step;
	return supply->in.start >= 0 ?
	    confirm_by_peek(sink, *motion, call) :
	    confirm_by_read(sink, ended, motion, method, call);
}
