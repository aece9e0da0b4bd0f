#include "config.h"

#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/minmax.h"
#include "cork.h"

struct setup
sink_setup(const struct sink *sink, const struct zc_request *request)
{
	const struct supply *supply = sink->supply;

	return (struct setup){
		.ends = {
			.size = sizeof(struct zc_ends),
			.in = supply->in.kind,
			.out = sink->end.kind,
			.bytes = supply_bytes(supply, request->bytes),
			.append = sink->end.flags & O_APPEND,
			.direct = sink->end.flags & O_DIRECT,
			.placed = sink->end.placed,
			.unseekable = supply->in.kind == ZC_REGULAR &&
			    supply->in.start < 0,
			.shared = supply->shared,
		},
		.block_size = request->block_size,
		.pipe_size = request->pipe_size,
		.uncached = supply->in.uncached,
		.named = request->method != ZC_AUTO,
	};
}

bool
sink_has_failed(const struct sink *sink)
{
	const struct zc_result *result = &sink->result;

	return result->outcome == ZC_UNSUITED ||
	    ((result->outcome == ZC_FAILED || result->outcome == ZC_STALLED) &&
	    result->side == ZC_SINK);
}

int64_t
sink_at(const struct sink *sink)
{
	return sink->end.start + sink->given + sink->wrapped;
}

int64_t
sink_room(const struct sink *sink)
{
	return sink->end.start < 0 ? INT64_MAX : INT64_MAX - sink_at(sink);
}

enum zc_method
sink_method(const struct sink *sink)
{
	return sink->plan.method[MIN(sink->candidate, sink->plan.count - 1)];
}

bool
sink_has_all(const struct sink *sink)
{
	const struct supply *supply = sink->supply;

	return sink->given == supply->taken &&
	    (supply->left == 0 || supply->ended);
}

/** True if the store has the sink's next byte. */
static bool
holds(const struct store *store, int64_t at)
{
	return store->ops != NULL && at >= store->from && at < store->to;
}

struct store *
sink_store(struct sink *sink)
{
	if (holds(&sink->spilled, sink->given))
		return &sink->spilled;
	if (holds(&sink->copy, sink->given))
		return &sink->copy;
	if (holds(&sink->supply->spilled, sink->given))
		return &sink->supply->spilled;
	return &sink->supply->own;
}

bool
sink_has_spilled(const struct sink *sink)
{
	return holds(&sink->spilled, sink->given) ||
	    holds(&sink->supply->spilled, sink->given);
}

bool
sink_keeps_back(const struct sink *sink)
{
	return sink->unflushed && (sink->corks ||
	    (sink->end.kind == ZC_HOOKS && sink->end.io.flush != NULL));
}

struct step
sink_write_pieces(struct sink *sink, const struct pieces *pieces, bool more)
{
	int64_t room = min64(sink_room(sink), (int64_t)CALL_MAX), size;
	struct iovec view[64];
	int count = (int)(sizeof(view) / sizeof(view[0]));

	if (room == 0)
		return step_failed(ZC_SINK, EFBIG);
	size = pieces_view(pieces, view, &count, room);
	return step_written(&sink->end,
	    end_writev(&sink->end, view, count, more || size < pieces->left),
	    size);
}

void
sink_cork(struct sink *sink)
{
	if (sink->header.left > 0 || sink->trailer.left > 0)
		sink->corks = cork_fits(&sink->end);
	/* For a header MSG_MORE is enough, and delays nothing else. */
	if (sink->corks && sink->trailer.left > 0)
		cork_insert(&sink->end);
}

int
sink_flush(struct sink *sink)
{
	if (sink->corks) {
		cork_pull(&sink->end);
		if (sink->trailer.left > 0)
			cork_insert(&sink->end);
	}
	if (end_flush(&sink->end) < 0)
		return -1;
	sink->unflushed = false;
	return 0;
}

int
sink_save(struct sink *sink)
{
	struct store *store = sink_store(sink);

	if (store->ops->spill == NULL)		/* it is in memory already */
		return 0;
	return store->ops->spill(store, &sink->spilled);
}

void
sink_uncork(struct sink *sink)
{
	int saved = errno;

	if (sink->corks)
		cork_pull(&sink->end);
	sink->corks = false;
	errno = saved;
}

/** Return how many bytes of a hole at its end a file lacks, or -1 with
 * errno. */
static int64_t
lacks(const struct sink *sink)
{
	struct stat st;
	int64_t at;

	if (sink->zeros.from < 0 || sink->end.kind != ZC_REGULAR)
		return 0;
	at = end_position(&sink->end);
	if (at < 0 || fstat(sink->end.fd, &st) < 0)
		return -1;
	return MAX(at - st.st_size, 0);
}

int
sink_extend(struct sink *sink)
{
	int64_t lack = lacks(sink);

	if (lack < 0 || (lack > 0 &&
	    ftruncate(sink->end.fd, end_position(&sink->end)) < 0))
		return -1;
	sink->zeros.from = -1;
	return 0;
}

bool
sink_needs_finish(const struct sink *sink)
{
	return !sink->finished && (sink->end.kind == ZC_HOOKS ||
	    (sink->zeros.from >= 0 && sink->end.kind == ZC_REGULAR));
}

/** Take the hole back that the file could not be extended by. */
static void
uncount_hole(struct sink *sink)
{
	int64_t lack = lacks(sink);

	if (lack <= 0 || lack > sink->given ||
	    end_advance(&sink->end, -lack) < 0)
		return;
	sink->given -= lack;
	sink->result.bytes -= lack;
	sink->result.hole_bytes -= lack;
}

void
sink_settle(struct sink *sink)
{
	int saved = errno;

	if (sink_extend(sink) < 0)
		uncount_hole(sink);
	zeros_end(&sink->zeros);
	store_release(&sink->copy);
	store_release(&sink->spilled);
	sink_uncork(sink);
	errno = saved;
}
