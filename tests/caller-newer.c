/*
 * caller-newer: compiled against a zcopy.h whose structs have one more member,
 * `extra` (see newer_header in library.bats).  0 asks for nothing; this library
 * does not know what else it could mean.
 */
#include "caller.h"

#define MARK	INT64_C(0x5a5a5a5a5a5a5a5a)

static FILE *in, *out;
static GUARDED(zc_request) request;
static GUARDED(zc_sink) sink;
static GUARDED(zc_io) io;
static GUARDED(zc_range) range;
static GUARDED(zc_ends) ends;
static GUARDED(zc_plan) plan;
static GUARDED(zc_result) result;

static ssize_t
discard(void *arg, const struct iovec *view, int count, bool more,
    struct zc_wait *wait)
{
	ssize_t size = 0;

	(void)arg;
	(void)more;
	(void)wait;
	for (int i = 0; i < count; i++)
		size += (ssize_t)view[i].iov_len;
	return size;
}

/** Begin with new files, and with structs whose extra member is 0. */
static void
begin(void)
{
	in = new_source();
	out = new_file();
	GUARD(request);
	GUARD(sink);
	GUARD(io);
	GUARD(range);
	GUARD(ends);
	GUARD(plan);
	GUARD(result);
	request.it = (struct zc_request){ .size = sizeof(request.it),
		.in_fd = fileno(in), .out_fd = fileno(out),
		.offset = ZC_CURRENT, .out_offset = ZC_CURRENT,
		.bytes = ZC_TO_END };
	sink.it = (struct zc_sink){ .size = sizeof(sink.it), .fd = -1,
		.offset = ZC_CURRENT, .io = &io.it };
	io.it = (struct zc_io){ .size = sizeof(io.it), .writev = discard };
	range.it = (struct zc_range){ .size = sizeof(range.it),
		.offset = ZC_CURRENT, .out_offset = ZC_CURRENT, .bytes = 0 };
	ends.it = (struct zc_ends){ .size = sizeof(ends.it), .extra = 0 };
	plan.it = (struct zc_plan){ .size = sizeof(plan.it), .extra = MARK };
	result.it = (struct zc_result){ .size = sizeof(result.it),
		.extra = MARK };
}

/** The library wrote nothing that it does not know, nor beyond it. */
static void
check_intact(void)
{
	CHECK_INTACT(request);
	CHECK_INTACT(sink);
	CHECK_INTACT(io);
	CHECK_INTACT(range);
	CHECK_INTACT(ends);
	CHECK_INTACT(plan);
	CHECK_INTACT(result);
	CHECK(plan.it.extra == MARK && result.it.extra == MARK);
	fclose(in);
	fclose(out);
}

static void
transfers(void)
{
	begin();
	CHECK(zc_transfer(&request.it, &result.it) == 0);
	CHECK(result.it.outcome == ZC_DONE);
	CHECK(has_content(out, sizeof(content)));
	check_intact();

	begin();
	request.it.extra = 1;
	CHECK(zc_transfer(&request.it, &result.it) < 0 && errno == EINVAL);
	CHECK(result.it.outcome == ZC_INVALID && has_content(out, 0));
	check_intact();
}

static void
transfers_streams(void)
{
	begin();
	CHECK(zc_transfer_stdio(in, out, &request.it, &result.it) == 0);
	CHECK(has_content(out, sizeof(content)));
	check_intact();

	begin();
	request.it.extra = 1;
	CHECK(zc_transfer_stdio(in, out, &request.it, &result.it) < 0);
	CHECK(errno == EINVAL && has_content(out, 0));
	check_intact();
}

static void
moves_to_sinks(void)
{
	begin();
	request.it.sinks = &sink.it;
	request.it.sink_count = 1;
	CHECK(zc_transfer(&request.it, &result.it) == 0);
	CHECK(has_content(out, sizeof(content)));
	sink.it.extra = 1;
	CHECK(zc_transfer(&request.it, &result.it) < 0 && errno == EINVAL);
	sink.it.extra = 0;
	io.it.extra = 1;
	CHECK(zc_transfer(&request.it, &result.it) < 0 && errno == EINVAL);
	check_intact();
}

static void
moves_ranges(void)
{
	struct zc_job *job;

	begin();
	request.it.flags = ZC_KEEP_OPEN;
	job = zc_job_new(&request.it);
	CHECK(job != NULL && zc_job_run(job, NULL, 0) == 0);
	range.it.extra = 1;
	CHECK(zc_job_next(job, &range.it) < 0 && errno == EINVAL);
	range.it.extra = 0;
	CHECK(zc_job_next(job, &range.it) == 0);
	CHECK(zc_job_run(job, NULL, 0) == 0);
	CHECK(zc_job_result(job)->size < sizeof(struct zc_result));
	zc_job_free(job);
	check_intact();
}

static void
plans(void)
{
	begin();
	CHECK(zc_ends_of(&ends.it, &request.it) == 0);
	zc_plan(&plan.it, &ends.it, ZC_AUTO, ZC_AUTO, 0);
	CHECK(plan.it.count > 1 && ends.it.extra == 0);
	ends.it.extra = 1;
	zc_plan(&plan.it, &ends.it, ZC_AUTO, ZC_AUTO, 0);
	CHECK(plan.it.count == 0);
	check_intact();
}

int
main(void)
{
	transfers();
	transfers_streams();
	moves_to_sinks();
	moves_ranges();
	plans();
	return 0;
}
