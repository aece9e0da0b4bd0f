#include "config.h"

#include "motion.h"

#include <errno.h>

enum motion
motion_next(const struct sink *sink)
{
	const struct supply *supply = sink->supply;
	bool more = supply->left > 0 && !supply->ended &&
	    supply->method != NULL;

	if (sink->header.left > 0)
		return HEAD;
	if (sink_has_all(sink))
		return sink->trailer.left > 0 ? TAIL : FINISH;
	if (sink->given < supply->taken && !(sink->gather && more))
		return GIVE;
	return supply->method != NULL && supply->method->pass != NULL ?
	    THROUGH : TAKE;
}

enum motion
motion_over_zeros(struct sink *sink, enum motion motion)
{
	struct supply *supply = sink->supply;
	const struct store *store;
	const char *data;
	size_t held;
	int64_t at;

	sink->run = INT64_MAX;
	/* reflink shares all or nothing, holes too. */
	if (motion_takes(motion) && supply->method != &method_reflink) {
		sink->run = supply_look(supply);
		return supply->extent.hole ? SKIP : motion;
	}
	if (motion != GIVE || !sink->makes_holes)
		return motion;
	store = sink_store(sink);
	data = memory_at(store, sink->given);
	held = (size_t)(store->to - sink->given);
	at = sink_at(sink);
	sink->run = (int64_t)zeros_blank(data, held, at,
	    sink->zeros.from >= 0);
	if (sink->run > 0)
		return BLANK;
	sink->run = (int64_t)zeros_data(data, held, at);
	return GIVE;
}

enum zc_method
motion_method(const struct sink *sink, enum motion motion)
{
	if (motion == BLANK || (motion == GIVE && sink_has_spilled(sink)))
		return ZC_READ_WRITE;
	if (motion != TAKE && motion != THROUGH && motion != GIVE)
		return ZC_AUTO;
	return sink->supply->method->id;
}

/** Skip some of a hole of the source. */
static struct step
skip(struct sink *sink, const struct call *call)
{
	struct step step = zeros_make(&sink->zeros, &sink->end, call);

	if (step.moved > 0 && end_advance(&sink->supply->in, step.moved) < 0)
		return step_failed(ZC_SOURCE, errno);
	return step;
}

static struct step
finish(struct sink *sink, const struct call *call)
{
	bool finishes = !call->more && sink->end.io.finish != NULL;
	int done = finishes ? end_finish(&sink->end) : end_flush(&sink->end);

	if (done < 0 || sink_extend(sink) < 0)
		return step_written(&sink->end, -1, 0);
	sink->finished = true;
	return step_moved(0);
}

struct step
motion_step(struct sink *sink, enum motion motion, const struct call *call)
{
	struct supply *supply = sink->supply;
	struct store *store;
	struct step step;

	switch (motion) {
	case HEAD:
		return sink_write_pieces(sink, &sink->header, call->more);
	case TAKE:
		return supply_take(supply, &supply->own, call, sink->gather);
	case GIVE:
		store = sink_store(sink);
		return store->ops->give(store, sink->given, &sink->end, call);
	case THROUGH:
		step = supply->method->pass(&supply->in, &sink->end, call);
		/* Known: the source had as many bytes as were asked for. */
		step.cut = step.moved > 0 &&
		    step.moved < supply_known_left(supply) &&
		    step.moved < call->max;
		return step;
	case SKIP:
		return skip(sink, call);
	case BLANK:
		return zeros_make(&sink->zeros, &sink->end, call);
	case TAIL:
		return sink_write_pieces(sink, &sink->trailer, false);
	case FINISH:
		break;
	}
	return finish(sink, call);
}

void
motion_count(struct sink *sink, enum motion motion, const struct step *step)
{
	struct zc_result *result = &sink->result;
	int64_t moved = step->moved;

	sink->unflushed |= motion != TAKE;
	if (motion != TAKE && (!step->hole || sink->zeros.from < 0))
		sink->zeros.from = step->hole ? sink_at(sink) : -1;
	if (motion == HEAD) {
		pieces_advance(&sink->header, moved);
		result->header_bytes += moved;
		sink->wrapped += moved;
	}
	if (motion == TAIL) {
		pieces_advance(&sink->trailer, moved);
		result->trailer_bytes += moved;
		sink->wrapped += moved;
	}
	if (motion_takes(motion))
		supply_count(sink->supply, moved);
	if (motion != HEAD && motion != TAKE && motion != TAIL) {
		sink->given += moved;
		result->bytes += moved;
		result->hole_bytes += step->hole ? moved : 0;
	}
}
