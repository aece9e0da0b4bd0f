/*
 * Ranges: zc_job_next() moves one range after another between the same ends, as
 * jobs of their own would, but without their set-up.
 */
#include "config.h"

/* It turns functions that lib-faults.c replaces into inline functions. */
#undef _FORTIFY_SOURCE

#include <poll.h>
#include <sys/param.h>
#include <sys/stat.h>

#include "lib-fan.h"
#include "lib-faults.h"

#define SIZE	((size_t)300 * 1000)	/* of the source */
#define RANGES	1000

/* What the engine calls */

static unsigned calls;			/* while armed */
static enum call failing = CALLS;	/* the call that fails... */
static int failing_fd, failure;		/* ...on this descriptor, with errno */
static unsigned failing_from;		/* calls until then, with the first that
					   fails; counted down to 0 */

int
judge(struct made *made)
{
	calls++;
	if (made->call != failing ||
	    (made->in != failing_fd && made->out != failing_fd))
		return PASS;
	return failing_from > 0 && --failing_from > 0 ? PASS : failure;
}

void
came_to(ssize_t n)
{
	(void)n;
}

/** Count other calls that a set-up makes. */
#define COUNTED(type, name, symbol, parameters, arguments)		\
type									\
name parameters								\
{									\
	calls += armed;							\
	return NEXT(name, symbol) arguments;				\
}

COUNTED(int, getsockopt, RETIMED("getsockopt", "__getsockopt64"),
    (int fd, int level, int name, void *value, socklen_t *size),
    (fd, level, name, value, size))
COUNTED(int, setsockopt, RETIMED("setsockopt", "__setsockopt64"),
    (int fd, int level, int name, const void *value, socklen_t size),
    (fd, level, name, value, size))
COUNTED(int, poll, "poll", (struct pollfd *polled, nfds_t count, int timeout),
    (polled, count, timeout))
COUNTED(off_t, lseek, RENAMED("lseek", "lseek64"),
    (int fd, off_t offset, int whence), (fd, offset, whence))
COUNTED(int, fstat, RETIMED("fstat", "__fstat64_time64"),
    (int fd, struct stat *st), (fd, st))

int
fcntl(int fd, int command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	calls += armed;
	return NEXT(fcntl, RETIMED("fcntl", "__fcntl_time64"))(fd, command,
	    arg);
}

/** Make calls on the descriptor fail, from the `from`th on. */
static void
fail_call(enum call call, int fd, unsigned from, int how)
{
	failing = call;
	failing_fd = fd;
	failing_from = from;
	failure = how;
}

/* Ranges, and jobs of their own */

struct range {
	int64_t offset, out_offset, bytes;
	struct iovec head, tail;
	struct zc_hdtr hdtr;
};

static struct range ranges[RANGES];
static size_t range_count;

static struct range *
add_range(int64_t offset, int64_t bytes)
{
	struct range *range = &ranges[range_count++];

	*range = (struct range){ .offset = offset, .out_offset = ZC_CURRENT,
		.bytes = bytes };
	return range;
}

/** Give the range a header, as a frame has one, and a trailer. */
static void
frame(struct range *range, size_t head, size_t tail)
{
	range->head = piece_of(head);
	range->tail = piece_of(tail);
	range->hdtr = (struct zc_hdtr){ .headers = &range->head, .hdr_cnt = 1,
		.trailers = &range->tail, .trl_cnt = tail > 0 };
}

static const struct zc_hdtr *
hdtr_of(const struct range *range)
{
	return range->hdtr.hdr_cnt > 0 ? &range->hdtr : NULL;
}

static struct zc_request
first_request(const struct fan *fan)
{
	struct zc_request request = fan->request;

	request.offset = ranges->offset;
	request.out_offset = ranges->out_offset;
	request.bytes = ranges->bytes;
	request.hdtr = hdtr_of(ranges);
	request.flags |= ZC_KEEP_OPEN;
	return request;
}

static struct zc_range
next_of(const struct range *range, bool last)
{
	struct zc_range next = ZC_RANGE_INIT;

	next.offset = range->offset;
	next.out_offset = range->out_offset;
	next.bytes = range->bytes;
	next.hdtr = hdtr_of(range);
	next.last = last;
	return next;
}

/** Prepare range i, or the job for the first one.  Return 0 or an errno. */
static int
begin_range(const struct fan *fan, struct zc_job **job, size_t i)
{
	const struct zc_request request = first_request(fan);
	const struct zc_range range = next_of(&ranges[i], i + 1 == range_count);

	if (i > 0)
		return zc_job_next(*job, &range) == 0 ? 0 : errno;
	*job = new_job(&request);
	return 0;
}

/** Run all ranges by one job.  Return 0 or its errno. */
static int
run_ranges(struct fan *fan, struct zc_result *result)
{
	struct zc_job *job = NULL;
	int error = 0;

	for (size_t i = 0; i < range_count && error == 0; i++) {
		error = begin_range(fan, &job, i);
		if (error == 0)
			error = fan_run(fan, job);
	}
	*result = *zc_job_result(job);
	zc_job_free(job);
	return error;
}

/** Run all ranges by jobs of their own. */
static int
run_jobs(struct fan *fan)
{
	int error = 0;

	for (size_t i = 0; i < range_count && error == 0; i++) {
		struct zc_request request = fan->request;
		struct zc_job *job;

		request.offset = ranges[i].offset;
		request.out_offset = ranges[i].out_offset;
		request.bytes = ranges[i].bytes;
		request.hdtr = hdtr_of(&ranges[i]);
		request.event = NULL;
		job = new_job(&request);
		error = fan_run(fan, job);
		zc_job_free(job);
	}
	return error;
}

/** Make two ends, and expect what the ranges have. */
static void
make_fan(struct fan *fan, enum inlet_sort source, enum outlet_sort sink,
    enum zc_method method)
{
	struct outlet *out = &fan->out[0];

	fan_inlet(fan, source, SIZE);
	fan_outlet(fan, sink, NULL);
	fan->request.method = method;
	out->expected_size = 0;
	for (size_t i = 0; i < range_count; i++) {
		const struct range *range = &ranges[i];
		int64_t from = range->offset - fan->in.from;

		if (hdtr_of(range) != NULL)
			fan_expect(out, range->head.iov_base,
			    range->head.iov_len);
		fan_expect(out, content + from, (size_t)range->bytes);
		if (range->hdtr.trl_cnt > 0)
			fan_expect(out, range->tail.iov_base,
			    range->tail.iov_len);
	}
}

/* Where they are */

enum order { FORWARDS, BACKWARDS, SCATTERED, ORDERS };

static const char *const orders[ORDERS] = { "forwards", "backwards",
	"anywhere" };

#define LENGTH	((int64_t)(SIZE / RANGES))

static void
make_ranges(enum order order, bool framed)
{
	const int64_t from = 1000;	/* the data in the source's file */

	range_count = 0;
	text_used = 0;
	while (range_count < RANGES) {
		int64_t i = (int64_t)range_count, bytes = LENGTH - i % 3;
		int64_t at = order == FORWARDS ? i * LENGTH :
		    order == BACKWARDS ? (RANGES - 1 - i) * LENGTH :
		    i * 7919 * 31 % ((int64_t)SIZE - LENGTH);
		struct range *range;

		if (i % 50 == 7)
			bytes = 0;
		if (i % 40 == 1)
			bytes = MIN(50 * LENGTH, (int64_t)SIZE - at);
		range = add_range(from + at, bytes);
		if (framed)
			frame(range, 1 + (size_t)i % 40, (size_t)i % 4);
	}
}

/** Equal to what jobs of their own move. */
static bool
moves_ranges(enum outlet_sort sink, enum zc_method method, enum order order,
    bool framed)
{
	struct zc_result result = ZC_RESULT_INIT;
	int64_t header = 0, data = 0, trailer = 0;
	struct fan fan;

	make_ranges(order, framed);
	for (size_t i = 0; i < range_count; i++) {
		header += (int64_t)ranges[i].head.iov_len;
		data += ranges[i].bytes;
		trailer += (int64_t)ranges[i].tail.iov_len;
	}
	make_fan(&fan, PLACED_IN, sink, method);
	fan.request.block_size = 4096;
	CHECK(run_ranges(&fan, &result) == 0);
	CHECK(result.outcome == ZC_DONE && result.lost == 0);
	CHECK(result.bytes == data);
	CHECK(result.header_bytes == header);
	CHECK(result.trailer_bytes == trailer);
	CHECK(fan_is_at(&fan.in, data, 0));
	CHECK(fan_gets(&fan.out[0], header + data + trailer));
	shut_all();

	make_fan(&fan, PLACED_IN, sink, method);
	CHECK(run_jobs(&fan) == 0);
	CHECK(fan_gets(&fan.out[0], header + data + trailer));
	return true;
}

static bool
moves_all_orders(enum outlet_sort sink, enum zc_method method, bool framed)
{
	for (int order = FORWARDS; order < ORDERS; order++) {
		if (!moves_ranges(sink, method, (enum order)order, framed)) {
			printf("# %s\n", orders[order]);
			return false;
		}
		shut_all();
	}
	return true;
}

/** Each range has its place in the sink, too: the file is reversed. */
static bool
places_ranges(enum zc_method method)
{
	static unsigned char reversed[SIZE];
	struct zc_result result = ZC_RESULT_INIT;
	const int64_t length = 3000;
	struct fan fan;

	range_count = 0;
	for (int64_t i = 0; i < (int64_t)SIZE / length; i++) {
		int64_t to = (int64_t)SIZE - (i + 1) * length;

		add_range(1000 + i * length, length)->out_offset = 500 + to;
		memcpy(reversed + to, content + i * length, (size_t)length);
	}
	make_fan(&fan, PLACED_IN, PLACED_OUT, method);
	fan.out[0].expected_size = 0;
	fan_expect(&fan.out[0], reversed, SIZE);
	CHECK(run_ranges(&fan, &result) == 0);
	CHECK(result.bytes == (int64_t)SIZE);
	CHECK(fan_is_at(&fan.in, (int64_t)SIZE, 0));
	return fan_gets(&fan.out[0], SIZE);
}

/* Ranges that go on from where the job is */

static bool
goes_on_with(enum inlet_sort source, enum outlet_sort sink,
    enum zc_method method, size_t sinks)
{
	struct zc_range next = ZC_RANGE_INIT;
	struct zc_job *job;
	struct fan fan;
	int64_t far = 1;

	fan_inlet(&fan, source, SIZE);
	for (size_t i = 0; i < sinks; i++)
		fan_outlet(&fan, (enum outlet_sort)((sink + i) % OUTLETS),
		    NULL);
	fan.request.method = method;
	fan.request.bytes = 1;
	fan.request.flags = ZC_KEEP_OPEN | ZC_EXACT;
	fan_follow(&fan);
	job = new_job(&fan.request);
	CHECK(fan_run(&fan, job) == 0);
	for (int64_t bytes = 100; far < (int64_t)SIZE; bytes = bytes * 2 + 1) {
		next.bytes = MIN(bytes, (int64_t)SIZE - far);
		CHECK(zc_job_next(job, &next) == 0);
		CHECK(zc_job_result(job)->outcome == ZC_UNFINISHED);
		CHECK(zc_job_next(job, &next) < 0 && errno == EBUSY);
		CHECK(fan_run(&fan, job) == 0);
		far += next.bytes;
		CHECK(zc_job_result(job)->bytes == far);
		CHECK(zc_job_result(job)->outcome == ZC_DONE);
		CHECK(fan_is_at(&fan.in, far, 0));
		for (size_t i = 0; i < sinks; i++) {
			CHECK(fan_is_told(&fan, i, zc_job_sink(job, i)));
			CHECK(fan_has(&fan.out[i], far));
		}
	}
	next.bytes = 1;			/* there is no more */
	next.last = true;
	CHECK(zc_job_next(job, &next) == 0);
	CHECK(fan_run(&fan, job) == ENODATA);
	CHECK(zc_job_result(job)->outcome == ZC_SHORT);
	CHECK(zc_job_next(job, &next) < 0 && errno == EBUSY);
	zc_job_free(job);
	for (size_t i = 0; i < sinks; i++)
		CHECK(fan_gets(&fan.out[i], SIZE));
	return true;
}

static bool
goes_on(enum inlet_sort source, enum zc_method method)
{
	for (size_t i = 0; i < OUTLETS * 3; i++) {
		enum outlet_sort sink = (enum outlet_sort)(i % OUTLETS);
		bool fits = true;

		for (size_t k = 0; k <= i / OUTLETS; k++)
			fits &= fan_suits(source,
			    (enum outlet_sort)((sink + k) % OUTLETS), method);
		if (!fits)
			continue;
		if (!goes_on_with(source, sink, method, i / OUTLETS + 1)) {
			printf("# to %s, %zu sinks\n", outlet_names[sink],
			    i / OUTLETS + 1);
			return false;
		}
		shut_all();
	}
	return true;
}

/* A method that is refused during one of the ranges */

static int
prefer_splice(const struct zc_ends *ends, void *arg)
{
	(void)ends;
	(void)arg;
	return ZC_SPLICE;
}

static bool
survives_from(enum inlet_sort source, enum outlet_sort sink, bool at_sink,
    unsigned from, int how)
{
	const int64_t length = 50000;
	struct zc_result result = ZC_RESULT_INIT;
	struct fan fan;
	int error;

	range_count = 0;
	for (int64_t i = 0; i < (int64_t)SIZE; i += length)
		add_range(i + (source == PLACED_IN ? 1000 : 0), length);
	make_fan(&fan, source, sink, ZC_AUTO);
	for (size_t i = 0; i < range_count && source != PLACED_IN; i++)
		ranges[i].offset = ZC_CURRENT;
	fan.request.select = prefer_splice;
	fail_call(SPLICE, at_sink ? fan.out[0].fd : fan.in.fd, from, how);
	armed = true;
	error = run_ranges(&fan, &result);
	armed = false;
	failing = CALLS;
	CHECK(error == 0 && failing_from == 0);
	CHECK(result.bytes == (int64_t)SIZE && result.lost == 0);
	return fan_gets(&fan.out[0], SIZE);
}

/** Wherever that is, each range has its own bytes. */
static bool
survives(enum inlet_sort source, enum outlet_sort sink, bool at_sink, int how)
{
	for (unsigned from = 1; from < 7; from++) {
		CHECK(survives_from(source, sink, at_sink, from, how));
		shut_all();
	}
	return true;
}

/** sendfile(2) cannot write at an offset: another method can. */
static bool
places_after_sendfile(void)
{
	struct zc_range next = ZC_RANGE_INIT;
	struct zc_job *job;
	struct fan fan;

	fan_inlet(&fan, PLACED_IN, SIZE);
	fan_outlet(&fan, FILE_OUT, NULL);
	fan.request.bytes = 100000;
	fan.request.flags = ZC_KEEP_OPEN;
	job = new_job(&fan.request);
	fail_call(COPY_FILE_RANGE, fan.out[0].fd, 1, EXDEV);
	armed = true;
	CHECK(fan_run(&fan, job) == 0);
	CHECK(zc_job_result(job)->use[ZC_SENDFILE].bytes == 100000);
	next.bytes = 50000;
	next.out_offset = fan.out[0].from + 200000;
	next.offset = fan.in.from + 200000;
	CHECK(zc_job_next(job, &next) == 0 && fan_run(&fan, job) == 0);
	next.out_offset = fan.out[0].from + 100000;
	next.offset = fan.in.from + 100000;
	next.bytes = 100000;
	CHECK(zc_job_next(job, &next) == 0 && fan_run(&fan, job) == 0);
	armed = false;
	failing = CALLS;
	CHECK(size_of(fan.out[0].fd) == fan.out[0].from + 250000);
	CHECK(at(fan.out[0].fd) == fan.out[0].from + 100000);
	CHECK(holds(fan.out[0].fd, fan.out[0].from, content, 250000));
	zc_job_free(job);
	return true;
}

/* What it costs */

/** Count what the job calls, while its far end takes all. */
static unsigned
count_calls(enum outlet_sort sink, enum zc_method method, bool framed,
    size_t count)
{
	struct zc_job *job = NULL;
	struct fan fan;
	bool fine = true;

	make_ranges(BACKWARDS, framed);
	for (size_t i = 0; i < range_count; i++)
		ranges[i].bytes = 100;
	range_count = count;
	make_fan(&fan, PLACED_IN, sink, method);
	fcntl(fan.out[0].fd, F_SETPIPE_SZ, 65536);	/* if it is a pipe */
	calls = 0;
	for (size_t i = 0; i < count && fine; i++) {
		armed = true;
		fine = begin_range(&fan, &job, i) == 0 &&
		    zc_job_run(job, NULL, 0) == 0;
		armed = false;
		while (fine && fan.out[0].drain >= 0 &&
		    queued(fan.out[0].drain) > 0)
			fine = fan_drain(&fan.out[0], 1000);
	}
	zc_job_free(job);
	shut_all();
	return fine ? calls : 0;
}

/** Each range but the first takes `steps` calls, and no more. */
static bool
takes_steps(enum outlet_sort sink, enum zc_method method, bool framed,
    unsigned steps)
{
	unsigned one = count_calls(sink, method, framed, 1);
	unsigned all = count_calls(sink, method, framed, RANGES);

	printf("# 1 range: %u calls, %d: %u\n", one, RANGES, all);
	CHECK(one > 0 && all > one);
	CHECK(all <= one + (RANGES - 1) * steps);
	return true;
}

static void
check_methods(enum outlet_sort sink)
{
	static const enum zc_method methods[] = { ZC_AUTO, ZC_SENDFILE,
		ZC_SPLICE, ZC_MMAP, ZC_READ_WRITE };

	for (size_t m = 0; m < COUNT(methods); m++) {
		const char *by = zc_method_name(methods[m]);

		if (!has_method(methods[m]))
			continue;
		CASE(moves_all_orders(sink, methods[m], false),
		    "next: a thousand ranges to %s by %s", outlet_names[sink],
		    by);
		CASE(moves_all_orders(sink, methods[m], true),
		    "next: a thousand frames to %s by %s", outlet_names[sink],
		    by);
	}
}

static void
check_places(void)
{
	for (size_t m = 0; m < in_place_count; m++)
		if (in_place[m] != ZC_SENDFILE)
			CASE(places_ranges(in_place[m]),
			    "next: ranges of a file to offsets of another by "
			    "%s", zc_method_name(in_place[m]));
	CASE_BY(ZC_SENDFILE, places_after_sendfile(),
	    "next: a range to an offset, after others without one");
}

static void
check_current(void)
{
	for (int source = 0; source < INLETS; source++)
		for (size_t m = 0; m < in_place_count; m++)
			CASE(goes_on((enum inlet_sort)source, in_place[m]),
			    "next: from where the job is, from %s by %s",
			    inlet_names[source], zc_method_name(in_place[m]));
}

static void
check_refusals(void)
{
	static const enum inlet_sort sources[] = { PLACED_IN, UNIX_IN, TCP_IN };

	for (size_t i = 0; i < COUNT(sources); i++) {
		const char *from = inlet_names[sources[i]];

		CASE_BY(ZC_SPLICE, survives(sources[i], UNIX_OUT, true, EINVAL),
		    "next: from %s, splice(2) to the sink is refused", from);
		CASE_BY(ZC_SPLICE,
		    survives(sources[i], UNIX_OUT, false, EINVAL),
		    "next: from %s, splice(2) from it is refused", from);
		CASE_BY(ZC_SPLICE, survives(sources[i], UNIX_OUT, false, ZERO),
		    "next: from %s, splice(2) sees a false end", from);
	}
}

static void
check_costs(void)
{
	CASE_BY(ZC_SENDFILE, takes_steps(UNIX_OUT, ZC_SENDFILE, false, 1),
	    "next: to a socket by sendfile: one call each");
	CASE_BY(ZC_SENDFILE, takes_steps(TCP_OUT, ZC_SENDFILE, false, 1),
	    "next: to TCP by sendfile: one call each");
	CASE(takes_steps(UNIX_OUT, ZC_AUTO, false, 2),
	    "next: to a socket: two calls each");
	CASE_BY(ZC_SPLICE, takes_steps(PIPE_OUT, ZC_SPLICE, false, 2),
	    "next: to a pipe by splice: two calls each");
	CASE_BY(ZC_COPY_FILE_RANGE,
	    takes_steps(FILE_OUT, ZC_COPY_FILE_RANGE, false, 1),
	    "next: to a file by copy_file_range: one call each");
	CASE(takes_steps(FILE_OUT, ZC_READ_WRITE, false, 2),
	    "next: to a file by read-write: two calls each");
	CASE_BY(ZC_SPLICE, takes_steps(PIPE_OUT, ZC_SPLICE, true, 4),
	    "next: frames to a pipe: one more for the data");
}

int
main(void)
{
	begin();
	begin_text();
	srand(1);			/* the same waits in each run */
	check_methods(PIPE_OUT);
	check_methods(UNIX_OUT);
	check_methods(TCP_OUT);
	check_methods(FILE_OUT);
	check_places();
	check_current();
	check_refusals();
	check_costs();
	finish();
	return 0;
}
