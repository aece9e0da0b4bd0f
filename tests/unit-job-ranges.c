/*
 * A job between two files: which bytes are written where, and the positions
 * afterwards.
 */
#include "config.h"

#include "lib-job.h"

#define SIZE		((size_t)200 * 1000)	/* of the source */
#define HUGE_OFFSET	(INT64_C(1) << 32)

#define OLD	5000			/* bytes that are in the sink */
#define TO	1234			/* where we write into it */
#define ASIDE	99			/* a position that must not be used */

/** What happened to one copy of `moved` bytes. */
static bool
is_range_copied(int in, int out, int64_t start, int64_t moved)
{
	unsigned char old[OLD];
	int64_t end = TO + moved;

	memset(old, 'x', sizeof(old));
	CHECK(is_content(in, SIZE));
	CHECK(size_of(out) == (end > OLD ? end : OLD));
	CHECK(holds(out, 0, old, TO));
	CHECK(moved == 0 ||
	    holds(out, TO, content + start, (size_t)moved));
	CHECK(end >= OLD || holds(out, end, old, (size_t)(OLD - end)));
	return true;
}

static bool
copies_range(enum zc_method method, bool in_placed, bool out_placed,
    int64_t start, int64_t bytes, unsigned flags)
{
	unsigned char old[OLD];
	int in = file_of(content, SIZE), out;
	int64_t there = (int64_t)SIZE > start ? (int64_t)SIZE - start : 0;
	int64_t moved = bytes == ZC_TO_END || bytes > there ? there : bytes;
	bool is_short = (flags & ZC_EXACT) && bytes > there;
	struct zc_request request = request_for(in, -1, method);
	struct zc_result result = ZC_RESULT_INIT;

	memset(old, 'x', sizeof(old));
	request.out_fd = out = file_of(old, OLD);
	request.bytes = bytes;
	request.flags = flags;
	request.offset = in_placed ? start : ZC_CURRENT;
	request.out_offset = out_placed ? TO : ZC_CURRENT;
	lseek(in, in_placed ? ASIDE : start, SEEK_SET);
	lseek(out, out_placed ? ASIDE : TO, SEEK_SET);

	CHECK(run(&request, &result) == (is_short ? ENODATA : 0));
	CHECK(result.outcome == (is_short ? ZC_SHORT : ZC_DONE));
	CHECK(result.bytes == moved && result.lost == 0);
	CHECK(at(in) == (in_placed ? ASIDE : start + moved));
	CHECK(at(out) == (out_placed ? ASIDE : TO + moved));
	CHECK(is_range_copied(in, out, start, moved));
	return true;
}

static bool
copies_ranges(enum zc_method method, bool in_placed, bool out_placed)
{
	static const int64_t starts[] = { 0, 1, 4096, 4097, SIZE / 2, SIZE - 1,
		SIZE, SIZE + 10 };
	static const int64_t counts[] = { 0, 1, 4096, 4097, BLOCK + 1, SIZE - 1,
		SIZE, SIZE + 1, INT64_MAX / 2, ZC_TO_END };
	static const unsigned flags[] = { 0, ZC_EXACT };

	for (size_t i = 0; i < COUNT(starts) * COUNT(counts) * 2; i++) {
		int64_t start = starts[i / 2 % COUNT(starts)];
		int64_t bytes = counts[i / 2 / COUNT(starts)];

		if (!copies_range(method, in_placed, out_placed, start, bytes,
		    flags[i % 2])) {
			printf("# from %lld, %lld bytes%s\n", (long long)start,
			    (long long)bytes, i % 2 ? ", exactly" : "");
			return false;
		}
		shut_all();
	}
	return true;
}

/** True if the range is refused before anything moves. */
static bool
refuses_range(enum zc_method method)
{
	int in = file_of(content, SIZE), out = file_of("", 0);
	struct zc_request request = request_for(in, out, method);
	struct zc_result result = ZC_RESULT_INIT;

	request.out_offset = 0;
	CHECK(run(&request, &result) == ENOTSUP);
	CHECK(result.outcome == ZC_UNSUITED && result.method == method);
	CHECK(result.reason != NULL && result.error == ENOTSUP);
	CHECK(result.bytes == 0 && result.used_count == 0);
	CHECK(result.use[method].calls == 0);
	CHECK(at(in) == 0 && size_of(out) == 0);
	return true;
}

static bool
copies_beyond_4_gib(enum zc_method method)
{
	int in = file_of("", 0), out = file_of("", 0);
	struct zc_request request = request_for(in, out, method);
	struct zc_result result = ZC_RESULT_INIT;
	const int64_t from = HUGE_OFFSET + 123, to = HUGE_OFFSET * 2 + 7;

	CHECK(pwrite(in, content, SIZE, from) == (ssize_t)SIZE);
	request.offset = from;
	lseek(out, to, SEEK_SET);
	CHECK(run(&request, &result) == 0);
	CHECK(result.bytes == (int64_t)SIZE && at(out) == to + (int64_t)SIZE);
	CHECK(holds(out, to, content, SIZE));
	return true;
}

/** True if there is no data at the largest offsets, and no sum overflows.  At
 * the last one, Linux fails with EINVAL for all but a read of 0 bytes. */
static bool
copies_nothing_from_the_last_offset(enum zc_method method)
{
	int in = file_of(content, SIZE), out = file_of("", 0), error;
	struct zc_request request = request_for(in, out, method);
	struct zc_result result = ZC_RESULT_INIT;

	request.offset = INT64_MAX - 100;
	request.bytes = 100;
	CHECK(run(&request, &result) == 0);
	CHECK(result.bytes == 0 && size_of(out) == 0 && at(in) == 0);
	request.bytes = ZC_TO_END;
	CHECK(run(&request, &result) == 0);
	CHECK(result.bytes == 0 && size_of(out) == 0 && at(in) == 0);
	request.offset = INT64_MAX;
	error = run(&request, &result);
	CHECK(error == 0 || error == EINVAL);
	CHECK(result.bytes == 0 && size_of(out) == 0 && at(in) == 0);
	return true;
}

/** True if any block size works, up to the largest of its type. */
static bool
takes_any_block_size(enum zc_method method)
{
	int in = file_of(content, SIZE), out = file_of("", 0);
	struct zc_request request = request_for(in, out, method);
	struct zc_result result = ZC_RESULT_INIT;

	request.block_size = request.pipe_size = SIZE_MAX;
	CHECK(run(&request, &result) == 0);
	CHECK(is_content(out, SIZE));
	lseek(in, 0, SEEK_SET);
	lseek(out, 0, SEEK_SET);
	request.block_size = request.pipe_size = 1;
	request.bytes = 3000;
	CHECK(run(&request, &result) == 0);
	CHECK(result.bytes == 3000 && at(in) == 3000 && at(out) == 3000);
	return true;
}

static void
check_ranges(enum zc_method method)
{
	const char *name = zc_method_name(method);

	CASE(copies_ranges(method, false, false),
	    "%s: ranges are copied from position to position", name);
	CASE(copies_ranges(method, true, false),
	    "%s: ranges are copied from an offset to the position", name);
	if (method == ZC_SENDFILE) {
		CASE(refuses_range(method),
		    "%s: an offset of the sink is refused", name);
		return;
	}
	CASE(copies_ranges(method, false, true),
	    "%s: ranges are copied from the position to an offset", name);
	CASE(copies_ranges(method, true, true),
	    "%s: ranges are copied from offset to offset", name);
}

int
main(void)
{
	begin();
	for (size_t i = 0; i < in_place_count; i++) {
		enum zc_method method = in_place[i];
		const char *name = zc_method_name(method);

		check_ranges(method);
		CASE(copies_beyond_4_gib(method),
		    "%s: offsets beyond 4 GiB work", name);
		CASE(copies_nothing_from_the_last_offset(method),
		    "%s: nothing is copied at the largest offset", name);
		CASE(takes_any_block_size(method),
		    "%s: any block size works", name);
	}
	finish();
	return 0;
}
