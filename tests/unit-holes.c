/*
 * Holes: those of a file become holes of the sink, blocks of zeros do if that
 * is asked for, and where the sink has old bytes they become zeros.
 */
#include "config.h"

#include "lib-holes.h"

#define OLD		((size_t)2)		/* units in front of the data */

static bool
keeps(const char *layout, enum zc_method method, bool placed)
{
	const size_t size = strlen(layout) * UNIT, data = data_of(layout);
	int in = sparse_file(layout), out = file_of("", 0);
	struct zc_request request = request_for(in, out, method);
	struct zc_result result;

	request.flags = ZC_KEEP_HOLES | ZC_EXACT;
	request.bytes = (int64_t)size;
	if (placed)
		request.offset = request.out_offset = 0;
	CHECK(run(&request, &result) == 0);
	CHECK(result.bytes == (int64_t)size);
	CHECK(result.hole_bytes == (int64_t)(size - data));
	CHECK(size_of(out) == (int64_t)size && holds(out, 0, image, size));
	CHECK(blocks(out) == data);
	CHECK(at(in) == (placed ? 0 : (int64_t)size));
	CHECK(at(out) == (placed ? 0 : (int64_t)size));
	return true;
}

/** Old bytes of the sink become zeros, and those around stay. */
static bool
keeps_in_place(const char *layout, enum zc_method method)
{
	const size_t size = strlen(layout) * UNIT;
	static unsigned char expected[(UNITS_MAX + OLD) * UNIT];
	int in = sparse_file(layout);
	/* The last units are beyond the end of the old file. */
	size_t old = (OLD + strlen(layout) / 2) * UNIT;
	int out = file_of(content + 100, old);
	struct zc_request request = request_for(in, out, method);
	struct zc_result result;

	memcpy(expected, content + 100, OLD * UNIT);
	memcpy(expected + OLD * UNIT, image, size);
	request.flags = ZC_KEEP_HOLES;
	CHECK(lseek(out, (off_t)(OLD * UNIT), SEEK_SET) > 0);
	CHECK(run(&request, &result) == 0);
	CHECK(result.bytes == (int64_t)size);
	CHECK(result.hole_bytes == (int64_t)(size - data_of(layout)));
	CHECK(size_of(out) == (int64_t)(OLD * UNIT + size));
	CHECK(holds(out, 0, expected, OLD * UNIT + size));
	CHECK(blocks(out) == OLD * UNIT + data_of(layout));
	return true;
}

static void
keep_holes(void)
{
	FOR_EACH_LAYOUT(layout) {
		bool right = true;

		for (size_t m = 0; m < in_place_count; m++) {
			right = right && keeps(layout, in_place[m], false) &&
			    keeps_in_place(layout, in_place[m]);
			shut_all();
			if (in_place[m] != ZC_SENDFILE)
				right = right && keeps(layout, in_place[m],
				    true);
			shut_all();
		}
		report(right, "holes are kept: %s", layout);
	}
}

/* Holes made of zeros */

/** A stream becomes a sparse file, wherever its reads end; `before` bytes of
 * header shift it against the blocks of the file. */
static bool
makes(const char *layout, size_t most, size_t before, bool old)
{
	const size_t size = strlen(layout) * UNIT;
	struct trickle trickle = { .data = image, .size = size, .most = most };
	const struct zc_io io = trickle_io(&trickle);
	struct iovec head = { .iov_base = content + 7, .iov_len = before };
	const struct zc_hdtr hdtr = { .headers = &head, .hdr_cnt = 1 };
	int out = file_of(content + 99, old ? before + size / 2 : 0);
	struct zc_request request = request_for(-1, out, ZC_AUTO);
	struct zc_result result;
	size_t data = data_of(layout), lost = 0;

	shut(sparse_file(layout));
	request.in_io = &io;
	request.hdtr = &hdtr;
	request.flags = ZC_MAKE_HOLES;
	CHECK(run(&request, &result) == 0);
	CHECK(result.bytes == (int64_t)size);
	CHECK(size_of(out) == (int64_t)(before + size));
	CHECK(holds(out, 0, content + 7, before));
	CHECK(holds(out, (int64_t)before, image, size));
	/* A block that has other bytes, too, is no hole. */
	lost = before % 4096 == 0 ? 0 : (strlen(layout) + 1) * 4096;
	CHECK(result.hole_bytes >= (int64_t)(size - data - MIN(lost, size -
	    data)));
	CHECK(blocks(out) <= data + lost + (before + 4095) / 4096 * 4096);
	return true;
}

static void
make_holes(void)
{
	static const size_t most[] = { 1 << 20, 100000, 4096, 4095, 1000, 77 };
	static const size_t before[] = { 0, 4096, 1, 4095, 5000 };

	FOR_EACH_LAYOUT(layout) {
		bool right = true;

		for (size_t m = 0; m < COUNT(most); m++)
			for (size_t b = 0; b < 2 * COUNT(before); b++) {
				right = right && makes(layout, most[m],
				    before[b / 2], b % 2 == 1);
				shut_all();
			}
		report(right, "holes are made of zeros: %s", layout);
	}
}

/* Other sinks */

/** Functions of the caller get zeros, which are not read. */
static bool
gives_zeros(const char *layout)
{
	const size_t size = strlen(layout) * UNIT;
	int in = sparse_file(layout);
	struct zc_request request = request_for(in, -1, ZC_AUTO);
	const struct zc_io io = collector();
	struct zc_result result;

	request.out_io = &io;
	request.flags = ZC_KEEP_HOLES;
	CHECK(run(&request, &result) == 0);
	CHECK(result.bytes == (int64_t)size && result.hole_bytes == 0);
	CHECK(result.use[ZC_READ_WRITE].bytes == (int64_t)data_of(layout));
	CHECK(got_size == size && memcmp(got, image, size) == 0);
	return true;
}

/** A pipe or a socket that does not block gets zeros as there is room. */
static bool
flows(bool is_socket)
{
	static const char layout[] = "D..............................D......";
	const size_t size = strlen(layout) * UNIT;
	int in = sparse_file(layout), ends[2];
	struct zc_request request;
	struct zc_result result;
	struct zc_job *job;
	ssize_t n;
	int done;

	if ((is_socket ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    ends) : pipe2(ends, O_NONBLOCK)) < 0)
		give_up("pipe2");
	keep(ends[0]);
	keep(ends[1]);
	request = request_for(in, ends[1], ZC_AUTO);
	request.flags = ZC_KEEP_HOLES;
	got_size = 0;
	job = new_job(&request);
	while ((done = zc_job_run(job, NULL, 0)) < 0 && errno == EAGAIN) {
		n = read(ends[0], got + got_size, 30000);
		CHECK(n > 0);
		got_size += (size_t)n;
	}
	CHECK(done == 0);
	result = *zc_job_result(job);
	zc_job_free(job);
	while ((n = read(ends[0], got + got_size, sizeof(got) - got_size)) > 0)
		got_size += (size_t)n;
	CHECK(result.bytes == (int64_t)size && result.hole_bytes == 0);
	CHECK(got_size == size && memcmp(got, image, size) == 0);
	return true;
}

/** Each of several sinks gets all: holes or zeros. */
static bool
fans_out(void)
{
	static const char layout[] = "..DD..D....";
	const size_t size = strlen(layout) * UNIT;
	int in = sparse_file(layout);
	int new = file_of("", 0), old = file_of(content + 9, size);
	const struct zc_io io = collector();
	struct zc_sink sinks[2] = { ZC_SINK_INIT(old), ZC_SINK_INIT(-1) };
	struct zc_request request = request_for(in, new, ZC_AUTO);
	struct zc_result result;

	sinks[1].io = &io;
	request.sinks = sinks;
	request.sink_count = 2;
	request.flags = ZC_KEEP_HOLES;
	CHECK(run(&request, &result) == 0);
	CHECK(result.bytes == (int64_t)size);
	CHECK(result.hole_bytes == 2 * (int64_t)(size - data_of(layout)));
	CHECK(holds(new, 0, image, size) && holds(old, 0, image, size));
	CHECK(blocks(new) == data_of(layout) && blocks(old) == blocks(new));
	CHECK(got_size == size && memcmp(got, image, size) == 0);
	return true;
}

/** A stream is searched for zeros once, for all its sinks. */
static bool
fans_out_stream(void)
{
	static const char layout[] = "..DD..D....";
	const size_t size = strlen(layout) * UNIT;
	struct trickle trickle = { .data = image, .size = size, .most = 9999 };
	const struct zc_io io = trickle_io(&trickle);
	int new = file_of("", 0), old = file_of(content + 9, size);
	struct zc_sink sink = ZC_SINK_INIT(old);
	struct zc_request request = request_for(-1, new, ZC_AUTO);
	struct zc_result result;

	shut(sparse_file(layout));
	request.in_io = &io;
	request.sinks = &sink;
	request.sink_count = 1;
	request.flags = ZC_MAKE_HOLES;
	CHECK(run(&request, &result) == 0);
	CHECK(holds(new, 0, image, size) && holds(old, 0, image, size));
	CHECK(blocks(new) == data_of(layout) && blocks(old) == blocks(new));
	CHECK(size_of(new) == (int64_t)size);
	return true;
}

/** Ranges that end in holes are in the file when each is done. */
static bool
goes_on(bool placed)
{
	int in = sparse_file("D...D..D.."), out = file_of("", 0);
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct zc_range range = ZC_RANGE_INIT;
	struct zc_job *job;

	request.flags = ZC_KEEP_HOLES | ZC_KEEP_OPEN;
	request.bytes = 2 * UNIT;
	if (placed)
		request.offset = request.out_offset = 0;
	job = new_job(&request);
	CHECK(zc_job_run(job, NULL, 0) == 0 && size_of(out) == 2 * UNIT);
	range.bytes = 4 * UNIT;
	CHECK(zc_job_next(job, &range) == 0);
	CHECK(zc_job_run(job, NULL, 0) == 0 && size_of(out) == 6 * UNIT);
	range.bytes = ZC_TO_END;
	range.last = true;
	CHECK(zc_job_next(job, &range) == 0);
	CHECK(zc_job_run(job, NULL, 0) == 0 && size_of(out) == 10 * UNIT);
	CHECK(zc_job_result(job)->hole_bytes == 7 * UNIT);
	zc_job_free(job);
	CHECK(holds(out, 0, image, 10 * UNIT) && blocks(out) == 3 * UNIT);
	return true;
}

/** A range that begins before the last one finds that one's holes, too. */
static bool
goes_back(void)
{
	int in = sparse_file("D...D..D.."), out = file_of("", 0);
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct zc_range range = ZC_RANGE_INIT;
	struct zc_job *job;

	request.flags = ZC_KEEP_HOLES | ZC_KEEP_OPEN;
	request.offset = 7 * UNIT;
	request.out_offset = 0;
	job = new_job(&request);
	CHECK(zc_job_run(job, NULL, 0) == 0 && size_of(out) == 3 * UNIT);
	range.offset = range.out_offset = 0;
	range.last = true;
	CHECK(zc_job_next(job, &range) == 0);
	CHECK(zc_job_run(job, NULL, 0) == 0);
	CHECK(zc_job_result(job)->hole_bytes == 9 * UNIT);
	zc_job_free(job);
	CHECK(holds(out, 0, image, 10 * UNIT) && blocks(out) == 3 * UNIT);
	return true;
}

/* Requests */

static bool
is_refused(int out, unsigned flags, int error)
{
	int in = sparse_file("D.");
	struct zc_request request = ZC_REQUEST_INIT(in, out);

	request.flags = flags;
	errno = 0;
	CHECK(zc_job_new(&request) == NULL && errno == error);
	return true;
}

static bool
needs_position(void)
{
	int file = file_of("", 0), ends[2];

	if (pipe(ends) < 0)
		give_up("pipe");
	CHECK(is_refused(keep(ends[1]), ZC_MAKE_HOLES, EINVAL));
	keep(ends[0]);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		give_up("socketpair");
	CHECK(is_refused(keep(ends[0]), ZC_MAKE_HOLES, EINVAL));
	keep(ends[1]);
	CHECK(is_refused(keep(open("/dev/null", O_WRONLY)), ZC_MAKE_HOLES,
	    EINVAL));
	CHECK(is_refused(another_of(file, O_WRONLY | O_APPEND), ZC_MAKE_HOLES,
	    EINVAL));
	return true;
}

static bool
contradicts(void)
{
	int out = file_of("", 0);

	return is_refused(out, ZC_FILL_HOLES | ZC_KEEP_HOLES, EINVAL) &&
	    is_refused(out, ZC_FILL_HOLES | ZC_MAKE_HOLES, EINVAL);
}

/** With ZC_FILL_HOLES every byte is written, and the methods that may keep
 * holes are not used. */
static bool
fills(void)
{
	int in = sparse_file("D..D..."), out = file_of("", 0);
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct zc_result result;

	request.flags = ZC_FILL_HOLES;
	CHECK(run(&request, &result) == 0 && result.hole_bytes == 0);
	CHECK(holds(out, 0, image, 7 * UNIT) && blocks(out) == 7 * UNIT);
	CHECK(result.use[ZC_COPY_FILE_RANGE].calls == 0);
	request.method = ZC_COPY_FILE_RANGE;
	CHECK(run(&request, &result) == ENOTSUP);
	request.method = ZC_REFLINK;
	CHECK(run(&request, &result) == ENOTSUP && result.reason != NULL);
	request.flags = ZC_MAKE_HOLES;
	request.method = ZC_SENDFILE;
	CHECK(run(&request, &result) == ENOTSUP && result.reason != NULL);
	return true;
}

static int64_t allowed;

static int64_t
allow(int64_t bytes, int64_t *until, void *arg)
{
	int64_t some = MIN(bytes, 5000);

	(void)until;
	(void)arg;
	allowed += some;
	return some;
}

/** The rate counts what is read or written: no holes of a file, but zeros that
 * are sent. */
static bool
is_free_of_charge(void)
{
	static const char layout[] = "D...D......";
	int in = sparse_file(layout), out = file_of("", 0);
	struct zc_request request = request_for(in, out, ZC_READ_WRITE);
	const struct zc_io io = collector();
	struct zc_result result;

	request.flags = ZC_KEEP_HOLES;
	request.allow = allow;
	allowed = 0;
	CHECK(run(&request, &result) == 0);
	/* The call at the end gets nothing. */
	CHECK(allowed >= (int64_t)data_of(layout));
	CHECK(allowed <= (int64_t)data_of(layout) + 5000);
	request.in_fd = another_of(in, O_RDONLY);
	request.out_fd = -1;
	request.out_io = &io;
	allowed = 0;
	CHECK(run(&request, &result) == 0);
	CHECK(allowed >= (int64_t)(strlen(layout) * UNIT));
	CHECK(got_size == strlen(layout) * UNIT);
	return true;
}

static int events;

/** Stop what would take a million calls. */
static int
stop_on_many(const struct zc_event *event, void *arg)
{
	(void)event;
	(void)arg;
	return ++events > 20;
}

/** A hole beyond the end of the sink is skipped in one call, however large it
 * is. */
static bool
is_one_call(void)
{
	const off_t size = (off_t)1 << 60;
	int in = sparse_file("D"), out = file_of("", 0);
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct zc_result result;

	if (ftruncate(in, size) < 0)
		give_up("ftruncate");
	request.flags = ZC_KEEP_HOLES;
	request.event = stop_on_many;
	events = 0;
	CHECK(run(&request, &result) == 0);
	CHECK(result.bytes == size && size_of(out) == size);
	CHECK(holds(out, 0, image, UNIT) && blocks(out) == UNIT);
	return true;
}

int
main(void)
{
	begin();
	keep_holes();
	make_holes();
	FOR_EACH_LAYOUT(layout)
		CASE(gives_zeros(layout), "functions get zeros: %s", layout);
	CASE(flows(false), "a pipe gets zeros");
	CASE(flows(true), "a socket gets zeros");
	CASE(fans_out(), "several sinks get holes or zeros");
	CASE(fans_out_stream(), "several sinks get holes from a stream");
	CASE(goes_on(false), "each range may end in a hole");
	CASE(goes_on(true), "each range may end in a hole, with offsets");
	CASE(goes_back(), "a range that goes back finds holes, too");
	CASE(needs_position(), "ZC_MAKE_HOLES needs a file");
	CASE(contradicts(), "flags that contradict each other are refused");
	CASE(fills(), "ZC_FILL_HOLES writes every byte");
	CASE(is_one_call(), "a hole of 1 EiB is skipped in one call");
	CASE(is_free_of_charge(), "a hole does not count for the rate");
	finish();
	return 0;
}
