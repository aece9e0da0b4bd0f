/*
 * caller-sinks: compiled against a zcopy.h whose sinks and hooks lack their
 * newest members (see older_header in library.bats).
 */
#include "caller.h"

/** Write to the stream that is the argument. */
static ssize_t
put(void *arg, const struct iovec *view, int count, bool more,
    struct zc_wait *wait)
{
	ssize_t size = 0;

	(void)more;
	(void)wait;
	for (int i = 0; i < count; i++)
		size += (ssize_t)fwrite(view[i].iov_base, 1, view[i].iov_len,
		    arg);
	return size;
}

static void
moves_to_three(void)
{
	FILE *in = new_source();
	FILE *out[] = { new_file(), new_file(), new_file() };
	GUARDED(zc_request) request;
	GUARDED(zc_io) io;
	struct {
		struct zc_sink it[2];
		unsigned char guard[GUARD_SIZE];
	} sinks;
	GUARDED(zc_result) result;

	GUARD(request);
	GUARD(io);
	GUARD(sinks);
	GUARD(result);
	request.it = (struct zc_request){ .size = sizeof(request.it),
		.in_fd = fileno(in), .out_fd = -1, .offset = ZC_CURRENT,
		.out_offset = ZC_CURRENT, .bytes = ZC_TO_END,
		.out_io = &io.it, .sinks = sinks.it, .sink_count = 2 };
	io.it = (struct zc_io){ .size = sizeof(io.it), .arg = out[0],
		.writev = put };
	for (int i = 0; i < 2; i++)
		sinks.it[i] = (struct zc_sink){ .size = sizeof(sinks.it[i]),
			.fd = fileno(out[i + 1]), .offset = ZC_CURRENT };
	result.it = (struct zc_result){ .size = sizeof(result.it) };
	CHECK(zc_transfer(&request.it, &result.it) == 0);
	CHECK(fflush(out[0]) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(has_content(out[i], sizeof(content)));
	CHECK(result.it.outcome == ZC_DONE);
	CHECK(result.it.bytes == (int64_t)sizeof(content));
	CHECK(sinks.it[0].size == sizeof(struct zc_sink));
	CHECK(is_guard(sinks.guard));
	CHECK_INTACT(request);
	CHECK_INTACT(io);
	CHECK_INTACT(result);
}

int
main(void)
{
	moves_to_three();
	return 0;
}
