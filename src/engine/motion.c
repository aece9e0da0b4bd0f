#include "config.h"

#include "motion.h"

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

enum zc_method
motion_method(const struct sink *sink, enum motion motion)
{
	if (!motion_takes(motion) && motion != GIVE)
		return ZC_AUTO;
	if (motion == GIVE && sink_has_spilled(sink))
		return ZC_READ_WRITE;
	return sink->supply->method->id;
}

static struct step
finish(struct sink *sink, const struct call *call)
{
	bool finishes = !call->more && sink->end.io.finish != NULL;
	int done = finishes ? end_finish(&sink->end) : end_flush(&sink->end);

	if (done < 0)
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
		    step.moved < (int64_t)call->max;
		return step;
	case TAIL:
		return sink_write_pieces(sink, &sink->trailer, false);
	case FINISH:
		break;
	}
	return finish(sink, call);
}

void
motion_count(struct sink *sink, enum motion motion, int64_t moved)
{
	struct zc_result *result = &sink->result;

	sink->unflushed |= motion != TAKE;
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
	if (motion == GIVE || motion == THROUGH) {
		sink->given += moved;
		result->bytes += moved;
	}
}
