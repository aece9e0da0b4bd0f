#include "config.h"

#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/param.h>

#include "sized.h"

/* Callers of every version of the library have the members up to these. */
#define REQUEST_LEAST	SIZED_TO(struct zc_request, arg)
#define SINK_LEAST	SIZED_TO(struct zc_sink, hdtr)

#define SINKS_MAX	1024

bool
request_range_is_valid(int64_t offset, int64_t bytes)
{
	if (offset < 0)
		return offset == ZC_CURRENT;
	return bytes <= INT64_MAX - offset;
}

int
request_read(struct zc_request *ours, const struct zc_request *theirs)
{
	const unsigned known = ZC_EXACT | ZC_STABLE | ZC_NODISKIO |
	    ZC_DROP_SINKS | ZC_KEEP_OPEN | ZC_KEEP_HOLES | ZC_MAKE_HOLES |
	    ZC_FILL_HOLES | ZC_DONT_CACHE | ZC_LOOK | ZC_READ_HOLES;
	const unsigned holes = ZC_KEEP_HOLES | ZC_MAKE_HOLES;

	if (sized_read(ours, sizeof(*ours), theirs, REQUEST_LEAST) < 0)
		return -1;
	if ((ours->bytes >= 0 || ours->bytes == ZC_TO_END) &&
	    request_range_is_valid(ours->offset, ours->bytes) &&
	    request_range_is_valid(ours->out_offset, ours->bytes) &&
	    ours->method < ZC_METHODS && (ours->flags & ~known) == 0 &&
	    !((ours->flags & holes) && (ours->flags & ZC_FILL_HOLES)) &&
	    !(ours->flags & ZC_LOOK) == (ours->look == NULL) &&
	    ours->sink_count <= SINKS_MAX &&
	    (ours->sinks != NULL || ours->sink_count == 0) &&
	    ours->timeout >= 0)
		return 0;
	errno = EINVAL;
	return -1;
}

int
request_wrap(struct sink *sink, const struct zc_hdtr *hdtr)
{
	if (hdtr == NULL)
		return 0;
	if (pieces_set(&sink->header, hdtr->headers, hdtr->hdr_cnt) < 0 ||
	    pieces_set(&sink->trailer, hdtr->trailers, hdtr->trl_cnt) < 0)
		return -1;
	if (sink->header.left <= INT64_MAX - sink->trailer.left)
		return 0;
	errno = EINVAL;
	return -1;
}

/** True if the sink has rules of its own, which holes would break: each
 * write(2) is a command, goes to the end of the file, or must be aligned. */
static bool
takes_only_data(const struct end *out)
{
	return out->kind == ZC_SYNTHETIC ||
	    (out->flags & (O_APPEND | O_DIRECT));
}

/** True if blocks of zeros can become holes of the sink. */
static bool
can_have_holes(const struct sink *sink)
{
	return !takes_only_data(&sink->end) && zeros_can_be_skipped(&sink->end);
}

unsigned
request_flags(const struct zc_request *request, const struct sink *sink)
{
	return can_have_holes(sink) ? request->flags :
	    request->flags & ~(unsigned)ZC_MAKE_HOLES;
}

bool
request_keeps_holes(const struct zc_request *request, const struct sink *sink)
{
	return (request->flags & (ZC_KEEP_HOLES | ZC_MAKE_HOLES)) &&
	    !(request->flags & (ZC_NODISKIO | ZC_READ_HOLES)) &&
	    !sink->supply->shared &&
	    !takes_only_data(&sink->end);
}

int
request_check_sink(const struct zc_job *job, const struct sink *sink,
    const struct end *in, int64_t bytes)
{
	const struct end *out = &sink->end;
	int64_t more = sink->header.left + sink->trailer.left;

	errno = EINVAL;
	if (out->placed && more > INT64_MAX - out->start - MAX(bytes, 0))
		return -1;
	/* With O_APPEND, pwrite(2) ignores the offset. */
	if (out->placed && (out->flags & O_APPEND))
		return -1;
	/* Each write to a kernel file is a command of its own. */
	if (out->kind == ZC_SYNTHETIC && (more > 0 || job->sink_count > 1))
		return -1;
	return end_overlap(in, out, bytes, more) ? -1 : 0;
}

/** Fill in the description of sink `index`.  Return 0, or -1 with EINVAL. */
static int
describe_sink(struct zc_sink *sink, const struct zc_request *request,
    size_t index)
{
	size_t stride;

	if (index > 0) {
		stride = request->sinks->size;
		if (sized_read(sink, sizeof(*sink),
		    (const char *)request->sinks + (index - 1) * stride,
		    SINK_LEAST) < 0)
			return -1;
		errno = EINVAL;
		return request_range_is_valid(sink->offset, request->bytes) ?
		    0 : -1;
	}
	*sink = (struct zc_sink)ZC_SINK_INIT(request->out_fd);
	sink->offset = request->out_offset;
	sink->hdtr = request->hdtr;
	sink->io = request->out_io;
	return 0;
}

/** True if its data passes through the page cache, and must not stay there. */
static bool
is_uncached(const struct zc_request *request, const struct end *end)
{
	return (request->flags & ZC_DONT_CACHE) &&
	    (end->kind == ZC_REGULAR || end->kind == ZC_BLOCK);
}

static int
inspect_sink(struct zc_job *job, size_t index)
{
	const struct zc_request *request = &job->request;
	struct sink *sink = &job->sink[index];
	struct zc_sink theirs;

	sink->index = index;
	sink->result = (struct zc_result)ZC_RESULT_INIT;
	sink->supply = &job->supply[job->supply_count > 1 ? index : 0];
	sink->supply->sinks++;
	if (describe_sink(&theirs, request, index) < 0 ||
	    request_wrap(sink, theirs.hdtr) < 0 ||
	    end_inspect(&sink->end, theirs.fd, theirs.io, ZC_SINK,
	    theirs.offset) < 0)
		return -1;
	zeros_begin(&sink->zeros, &sink->end);
	sink->end.uncached = is_uncached(request, &sink->end);
	return request_check_sink(job, sink, &sink->supply->in,
	    request->bytes);
}

/** True if the source can be read at a position of our own.  Each read(2) of a
 * kernel file may say something else. */
static bool
reads_by_position(const struct end *in)
{
	return in->start >= 0 && in->kind != ZC_SYNTHETIC;
}

/** True if several sinks must share what is read: it cannot be read again; or
 * it would come from the disk again, because the page cache does not keep it.
 * Holes are looked for only where the sinks have positions of their own. */
static bool
is_read_once(const struct zc_request *request, const struct end *in)
{
	if (!reads_by_position(in))
		return true;
	return (in->uncached || (in->flags & O_DIRECT)) &&
	    (request->method == ZC_AUTO || request->method == ZC_READ_WRITE) &&
	    !(in->sparse && (request->flags & ZC_KEEP_HOLES));
}

int
request_inspect(struct zc_job *job)
{
	const struct zc_request *request = &job->request;
	struct supply *first = job->supply;
	bool holes = false;

	first->extent = (struct extent)EXTENT_INIT;
	if (end_inspect(&first->in, request->in_fd, request->in_io, ZC_SOURCE,
	    request->offset) < 0)
		return -1;
	first->in.uncached = is_uncached(request, &first->in);
	if (job->sink_count > 1 && reads_by_position(&first->in)) {
		job->moves = !first->in.placed;
		job->from = first->in.start;
		if (end_place(&first->in, first->in.start) < 0)
			return -1;
	}
	first->shared = job->sink_count > 1 && is_read_once(request,
	    &first->in);
	if (first->shared)
		first->in.start = -1;
	job->supply_count = first->shared ? 1 : job->sink_count;
	for (size_t i = 0; i < job->supply_count; i++) {
		job->supply[i] = *first;
		job->supply[i].left = request->bytes == ZC_TO_END ? INT64_MAX :
		    request->bytes;
	}
	for (size_t i = 0; i < job->sink_count; i++) {
		if (inspect_sink(job, i) < 0)
			return -1;
		holes |= can_have_holes(&job->sink[i]);
	}
	errno = EINVAL;
	return (request->flags & ZC_MAKE_HOLES) && !holes ? -1 : 0;
}
