/*
 * Headers and trailers: what arrives of them, between files, pipes, sockets and
 * hooks, however often a call comes short.
 */
#include "config.h"

#include <limits.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "lib-hooks.h"
#include "lib-wire.h"

#define DATA	((size_t)150 * 1000 + 1)

static const struct shape shapes[] = {
	{ "nothing around it", .heads = 0 },
	{ "a header", { 50000 }, .heads = 1 },
	{ "a trailer", .tail = { 50000 }, .tails = 1 },
	{ "a header and a trailer", { 40000 }, { 45000 }, 1, 1 },
	{ "several pieces", { 0, 3000, 47000, 0, 1 }, { 1, 0, 40000, 7000, 0 },
	    5, 5 },
	{ "empty pieces", .heads = 3, .tails = 1 },
};
#define PIECES	(&shapes[4])

/** Where a job stopped. */
enum place { IN_HEADER, BEHIND_HEADER, IN_DATA, IN_TRAILER, PLACES };

struct trip {
	struct flow flow;
	struct wrap wrap;
	struct zc_request request;
	int64_t bytes;			/* of data, to be moved */
	unsigned stops[PLACES];
};

/** Request all of the source, between the pieces of the shape. */
static void
set_out(struct trip *trip, enum sort source, enum sort sink,
    enum zc_method method, const struct shape *shape)
{
	*trip = (struct trip){ .bytes = DATA };
	trip->flow = new_flow_of(source, sink, DATA);
	wrap_as(&trip->wrap, shape);
	expect(&trip->flow, &trip->wrap.hdtr, 0, DATA);
	trip->request = request_of(&trip->flow, method);
	trip->request.hdtr = &trip->wrap.hdtr;
	trip->request.pipe_size = 4096;
}

static enum place
place_of(const struct trip *trip, const struct zc_result *result)
{
	if (result->header_bytes < trip->wrap.header)
		return IN_HEADER;
	if (result->bytes == 0 && trip->bytes > 0)
		return BEHIND_HEADER;
	return result->bytes < trip->bytes ? IN_DATA : IN_TRAILER;
}

/** True if the counts are right: no part begins before the one before it is
 * complete. */
static bool
is_in_order(const struct trip *trip, const struct zc_result *result)
{
	const struct wrap *wrap = &trip->wrap;

	CHECK(result->bytes == 0 || result->header_bytes == wrap->header);
	CHECK(result->trailer_bytes == 0 || result->bytes == trip->bytes);
	CHECK(result->header_bytes <= wrap->header);
	CHECK(result->trailer_bytes <= wrap->trailer);
	CHECK(result->use[ZC_AUTO].bytes ==
	    result->header_bytes + result->trailer_bytes);
	CHECK((result->use[ZC_AUTO].bytes > 0) <=
	    (result->use[ZC_AUTO].calls > 0));
	for (size_t i = 0; i < result->used_count; i++)
		CHECK(result->used[i] != ZC_AUTO);
	return true;
}

/** Run to the end, and check everything whenever the job stops. */
static bool
carry(struct trip *trip, struct zc_job *job)
{
	const struct zc_result *result = zc_job_result(job);
	struct zc_wait wait;

	while (zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN) {
		CHECK(result->outcome == ZC_UNFINISHED);
		CHECK(is_exact(&trip->flow, job));
		CHECK(is_in_order(trip, result));
		trip->stops[place_of(trip, result)]++;
		CHECK(serve(&trip->flow, &wait));
	}
	CHECK(is_exact(&trip->flow, job) && is_in_order(trip, result));
	return true;
}

static bool
is_whole(const struct trip *trip, const struct zc_result *result)
{
	CHECK(result->outcome == ZC_DONE && result->lost == 0);
	CHECK(result->header_bytes == trip->wrap.header);
	CHECK(result->bytes == trip->bytes);
	CHECK(result->trailer_bytes == trip->wrap.trailer);
	return true;
}

/** Run the job from its start to the last byte. */
static bool
travel(struct trip *trip)
{
	const struct wrap as_made = trip->wrap;
	struct zc_job *job = new_job(&trip->request);

	CHECK(carry(trip, job));
	CHECK(is_whole(trip, zc_job_result(job)));
	zc_job_free(job);
	CHECK(memcmp(&as_made, &trip->wrap, sizeof(as_made)) == 0);
	return is_complete(&trip->flow);
}

static bool
arrives(enum sort source, enum sort sink, enum zc_method method,
    const struct shape *shape)
{
	struct trip trip;

	set_out(&trip, source, sink, method, shape);
	CHECK(travel(&trip));
	CHECK(sink == FILE_END || trip.stops[IN_DATA] > 0);
	CHECK(sink == FILE_END || trip.wrap.header == 0 ||
	    trip.stops[IN_HEADER] > 0);
	CHECK(sink == FILE_END || trip.wrap.trailer == 0 ||
	    trip.stops[IN_TRAILER] > 0);
	return true;
}

/** Return how much a sink takes at once. */
static size_t
capacity(enum sort sink)
{
	static const char zeros[1 << 20];
	int in, out;
	ssize_t n;

	if (sink == RING_END)
		return RING_SIZE;
	if (sink == TURNS_END)
		sink = PIPE_END;
	make_pair(sink, &in, &out);
	n = write(in, zeros, sizeof(zeros));
	if (n <= 0)
		give_up("write");
	shut(in);
	shut(out);
	return (size_t)n;
}

static bool
stops_behind_the_header(enum sort source, enum sort sink,
    enum zc_method method)
{
	const struct shape full = { .head = { capacity(sink) }, .heads = 1 };
	struct trip trip;

	set_out(&trip, source, sink, method, &full);
	while (source != FILE_END && trip.flow.fed < 1000)
		CHECK(feed(&trip.flow, 1000));
	CHECK(travel(&trip));
	CHECK(trip.stops[BEHIND_HEADER] > 0);
	return true;
}

/* Blocking sinks, with a reader of their own */

/** In a process: read all from `drain`.  Return 0 if it is what is expected. */
static int
read_all(struct flow *flow)
{
	fcntl(flow->drain, F_SETFL, 0);
	alarm(60);
	return is_complete(flow) ? 0 : 1;
}

static pid_t
start_reader(struct flow *flow)
{
	pid_t reader = fork();

	if (reader < 0)
		give_up("fork");
	if (reader == 0) {
		flow->sink = TCP_END;	/* wait for what is on its way */
		_exit(read_all(flow));
	}
	return reader;
}

static bool
ended_well(pid_t process)
{
	int status = -1;

	CHECK(waitpid(process, &status, 0) == process);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
blocks(enum sort sink, enum zc_method method, const struct shape *shape)
{
	struct zc_result result = ZC_RESULT_INIT;
	struct trip trip;
	pid_t reader;

	set_out(&trip, FILE_END, sink, method, shape);
	fcntl(trip.flow.out, F_SETFL, 0);
	reader = start_reader(&trip.flow);
	shut(trip.flow.drain);
	CHECK(zc_transfer(&trip.request, &result) == 0);
	CHECK(is_whole(&trip, &result) && is_in_order(&trip, &result));
	shut(trip.flow.out);
	CHECK(ended_well(reader));
	return true;
}

/* Many, and large */

static bool
arrives_in_crumbs(enum sort sink, int heads, int tails)
{
	static struct iovec head[PIECES_MAX], tail[PIECES_MAX];
	struct trip trip;

	set_out(&trip, FILE_END, sink, ZC_AUTO, &shapes[0]);
	text_used = 0;
	for (int i = 0; i < heads; i++)
		head[i] = piece_of((size_t)rand() % 40);
	for (int i = 0; i < tails; i++)
		tail[i] = piece_of((size_t)rand() % 40);
	trip.wrap.hdtr = (struct zc_hdtr){ head, heads, tail, tails };
	trip.wrap.header = length_of(head, heads);
	trip.wrap.trailer = length_of(tail, tails);
	expect(&trip.flow, &trip.wrap.hdtr, 0, DATA);
	return travel(&trip);
}

static void
check_large(size_t header, size_t trailer)
{
	const struct shape large = { .head = { header }, .heads = 1,
		.tail = { trailer }, .tails = 1 };

	for (int sink = 0; sink < ALL_SORTS; sink++) {
		const char *name = sort_names[sink];

		/* With a thousand waits this would take too long. */
		if (sink == FILE_END || header + trailer < 4000000)
			CASE(arrives(FILE_END, (enum sort)sink, ZC_AUTO,
			    &large), "to %s: %zu of header, %zu of trailer",
			    name, header, trailer);
		if (sink != FILE_END && !is_hooks((enum sort)sink))
			CASE(blocks((enum sort)sink, ZC_AUTO, &large),
			    "to blocking %s: %zu of header, %zu of trailer",
			    name, header, trailer);
	}
}

/* Ranges */

static const struct range {
	const char *name;
	int64_t offset, bytes;
	int64_t moved;
} ranges[] = {
	{ "a range", 4097, 70001, 70001 },
	{ "a range to the end", 100001, ZC_TO_END, DATA - 100001 },
	{ "count 0", 0, 0, 0 },
	{ "count 0 at an offset", 5, 0, 0 },
	{ "the exact end", DATA, ZC_TO_END, 0 },
	{ "an offset past the end", DATA + 4096, 100, 0 },
	{ "a range past the end", DATA - 10, 100, 10 },
	{ "the largest offset", INT64_MAX, 0, 0 },
	{ "the largest offset, to the end", INT64_MAX, ZC_TO_END, 0 },
	{ "the largest count", 0, INT64_MAX, DATA },
};

static bool
has_range(enum sort sink, enum zc_method method, const struct range *range)
{
	struct trip trip;

	set_out(&trip, FILE_END, sink, method, PIECES);
	trip.request.offset = range->offset;
	trip.request.bytes = range->bytes;
	trip.bytes = range->moved;
	trip.flow.placed = true;
	expect(&trip.flow, &trip.wrap.hdtr,
	    range->moved > 0 ? (size_t)range->offset : 0,
	    (size_t)range->moved);
	lseek(trip.flow.in, 12345, SEEK_SET);
	CHECK(travel(&trip));
	CHECK(at(trip.flow.in) == 12345);
	return true;
}

/** With a count of 0, the job does not wait for a source that has nothing. */
static bool
asks_nothing(enum sort source, enum sort sink, enum zc_method method)
{
	struct trip trip;

	set_out(&trip, source, sink, method, PIECES);
	fcntl(trip.flow.in, F_SETFL, 0);
	trip.flow.in_flags = fcntl(trip.flow.in, F_GETFL);
	trip.request.bytes = trip.bytes = 0;
	expect(&trip.flow, &trip.wrap.hdtr, 0, 0);
	CHECK(travel(&trip));
	return true;
}

/** With a count, not one byte more is taken from a source that has more. */
static bool
leaves_the_rest(enum sort source, enum sort sink, enum zc_method method)
{
	struct trip trip;

	set_out(&trip, source, sink, method, PIECES);
	trip.request.bytes = trip.bytes = 70001;
	trip.request.flags = ZC_EXACT;
	expect(&trip.flow, &trip.wrap.hdtr, 0, 70001);
	CHECK(travel(&trip));
	return taken(&trip.flow) == 70001;
}

/** The source ends before the count does. */
static bool
is_short(enum sort source, enum sort sink, enum zc_method method)
{
	struct trip trip;

	set_out(&trip, source, sink, method, PIECES);
	trip.request.bytes = DATA + 1;
	return travel(&trip);
}

static bool
withholds_the_trailer(enum sort source, enum sort sink, enum zc_method method)
{
	const struct zc_result *result;
	struct zc_job *job;
	struct trip trip;

	set_out(&trip, source, sink, method, PIECES);
	trip.request.bytes = DATA + 1;
	trip.request.flags = ZC_EXACT;
	trip.flow.expected_size -= (size_t)trip.wrap.trailer;
	job = new_job(&trip.request);
	result = zc_job_result(job);
	CHECK(carry(&trip, job));
	CHECK(result->outcome == ZC_SHORT && result->error == ENODATA);
	CHECK(result->header_bytes == trip.wrap.header);
	CHECK(result->bytes == DATA && result->trailer_bytes == 0);
	CHECK(zc_job_run(job, NULL, 0) < 0 && result->trailer_bytes == 0);
	zc_job_free(job);
	return is_complete(&trip.flow);
}

/* Places */

/** The header is written at the sink's offset, the data after it. */
static bool
is_placed(enum zc_method method)
{
	struct trip trip;
	struct zc_result result;
	int out;

	set_out(&trip, FILE_END, FILE_END, method, PIECES);
	out = file_of(content, sizeof(content));
	lseek(out, 77, SEEK_SET);
	trip.request.out_fd = out;
	trip.request.out_offset = 4099;
	CHECK(run(&trip.request, &result) == 0 && is_whole(&trip, &result));
	CHECK(holds(out, 0, content, 4099) && at(out) == 77);
	CHECK(holds(out, 4099, wire, wire_size));
	CHECK(holds(out, 4099 + (int64_t)wire_size,
	    content + 4099 + wire_size, 10000));
	return size_of(out) == (int64_t)sizeof(content);
}

static bool
moves_the_positions(enum zc_method method)
{
	struct trip trip;
	struct zc_result result;

	set_out(&trip, FILE_END, FILE_END, method, PIECES);
	CHECK(write(trip.flow.out, "0123456789", 10) == 10);
	CHECK(run(&trip.request, &result) == 0 && is_whole(&trip, &result));
	CHECK(at(trip.flow.in) == DATA);
	CHECK(at(trip.flow.out) == 10 + (int64_t)wire_size);
	return holds(trip.flow.out, 10, wire, wire_size);
}

/** The largest offset is reached earlier, because the header counts, too. */
static bool
ends_at_the_last_offset(enum zc_method method)
{
	const struct shape shape = { .head = { 2000, 3000 }, .heads = 2 };
	const int64_t room = 9000;
	struct trip trip;
	struct zc_result result;

	set_out(&trip, FILE_END, FILE_END, method, &shape);
	trip.request.out_offset = INT64_MAX - room;
	CHECK(run(&trip.request, &result) == EFBIG);
	CHECK(result.outcome == ZC_FAILED && result.side == ZC_SINK);
	CHECK(sum_of(&result) == room && is_in_order(&trip, &result));
	CHECK(at(trip.flow.in) == result.bytes);
	return holds(trip.flow.out, INT64_MAX - room, wire, (size_t)room);
}

/** Offset, header, count and trailer are in all 2^63-1 + `over`. */
static bool
must_have_offsets(int64_t bytes, int64_t over)
{
	struct trip trip;
	struct zc_job *job;
	int64_t most = bytes == ZC_TO_END ? 0 : bytes;

	set_out(&trip, FILE_END, FILE_END, ZC_AUTO, PIECES);
	trip.request.bytes = bytes;
	trip.request.out_offset = INT64_MAX - trip.wrap.header -
	    trip.wrap.trailer - most + over;
	job = zc_job_new(&trip.request);
	CHECK((job == NULL) == (over > 0));
	CHECK(job != NULL || errno == EINVAL);
	zc_job_free(job);
	return size_of(trip.flow.out) == 0;
}

static bool
is_appended(void)
{
	struct trip trip;
	struct zc_result result;
	int out;

	set_out(&trip, FILE_END, FILE_END, ZC_AUTO, PIECES);
	out = file_of(content, 5000);
	trip.request.out_fd = another_of(out, O_WRONLY | O_APPEND);
	CHECK(run(&trip.request, &result) == 0 && is_whole(&trip, &result));
	CHECK(holds(out, 0, content, 5000));
	CHECK(holds(out, 5000, wire, wire_size));
	return size_of(out) == 5000 + (int64_t)wire_size;
}

/* What is refused */

static struct iovec two[2] = { { text, 10 }, { text, 10 } };
static struct iovec all_there_is = { text, SIZE_MAX / 2 };
static struct iovec one_more = { text, 1 };
static struct iovec overflow[2] = { { text, 10 }, { text, SIZE_MAX / 2 - 9 } };
static struct iovec beyond = { text, SIZE_MAX / 2 + 1 };
static struct iovec most = { text, SIZE_MAX };
static struct iovec nowhere[2] = { { text, 10 }, { NULL, 1 } };

static const struct refusal {
	const char *what;
	struct zc_hdtr hdtr;
} refusals[] = {
	{ "no headers, and a count", { NULL, 1, NULL, 0 } },
	{ "no trailers, and a count", { two, 2, NULL, 1 } },
	{ "a negative count of headers", { two, -1, NULL, 0 } },
	{ "a negative count of trailers", { two, 2, two, -1 } },
	{ "the least count of headers", { two, INT_MIN, NULL, 0 } },
	{ "a header at NULL", { nowhere, 2, NULL, 0 } },
	{ "a trailer at NULL", { two, 2, nowhere, 2 } },
};

/* Not in 32-bit programs, whose sizes cannot be so large. */
static const struct refusal too_long[] = {
	{ "a header of 2^63 bytes", { &beyond, 1, NULL, 0 } },
	{ "a header of 2^64-1 bytes", { &most, 1, NULL, 0 } },
	{ "a trailer of 2^63 bytes", { two, 1, &beyond, 1 } },
	{ "headers of 2^63 bytes", { overflow, 2, NULL, 0 } },
	{ "trailers of 2^63 bytes", { two, 1, overflow, 2 } },
	{ "a header and a trailer of 2^63 bytes",
	    { &all_there_is, 1, &one_more, 1 } },
};

static bool
is_refused(enum sort sink, const struct refusal *refusal)
{
	struct flow flow = new_flow_of(FILE_END, sink, DATA);
	struct zc_request request = request_of(&flow, ZC_AUTO);
	struct zc_result result = ZC_RESULT_INIT;

	request.hdtr = &refusal->hdtr;
	CHECK(zc_job_new(&request) == NULL && errno == EINVAL);
	CHECK(zc_transfer(&request, &result) < 0 && errno == EINVAL);
	CHECK(result.outcome == ZC_INVALID && result.error == EINVAL);
	CHECK(sum_of(&result) == 0);
	return delivered(&flow) == 0 && at(flow.in) == 0;
}

/** A piece that is just not too long by itself. */
static bool
is_fine(const struct zc_hdtr *hdtr)
{
	struct flow flow = new_flow_of(FILE_END, FILE_END, DATA);
	struct zc_request request = request_of(&flow, ZC_AUTO);
	struct zc_job *job;

	request.hdtr = hdtr;
	job = new_job(&request);
	zc_job_free(job);
	return true;
}

/** Each write to a kernel file is a command. */
static bool
is_no_command(const struct zc_hdtr *hdtr, int error)
{
	int in = file_of("abc", 3);
	int out = keep(open("/proc/self/comm", O_WRONLY));
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct zc_result result = ZC_RESULT_INIT;
	char comm[16] = "";

	request.hdtr = hdtr;
	CHECK((zc_transfer(&request, &result) == 0 ? 0 : errno) == error);
	CHECK(sum_of(&result) == (error == 0 ? 3 : 0));
	CHECK(read(keep(open("/proc/self/comm", O_RDONLY)), comm, 4) == 4);
	return (memcmp(comm, "abc\n", 4) == 0) == (error == 0);
}

static bool
surrounds_a_kernel_file(enum sort sink)
{
	struct trip trip;
	char version[1000];
	int in = keep(open("/proc/version", O_RDONLY));

	set_out(&trip, FILE_END, sink, ZC_AUTO, PIECES);
	trip.bytes = pread(in, version, sizeof(version), 0);
	CHECK(trip.bytes > 0);
	make_wire(&trip.wrap.hdtr, version, (size_t)trip.bytes);
	trip.flow.expected_size = wire_size;
	trip.flow.in = trip.request.in_fd = in;
	trip.flow.in_flags = fcntl(in, F_GETFL);
	return travel(&trip);
}

/** Arrays and pieces are in read-only memory: writing to them would crash. */
static bool
is_only_read(enum sort sink)
{
	struct trip *trip = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec *head = (struct iovec *)((char *)trip + 65536);
	char *letters = (char *)(head + 100);
	struct trip own;
	bool well;

	if (trip == MAP_FAILED)
		give_up("mmap");
	set_out(&own, FILE_END, sink, ZC_AUTO, &shapes[0]);
	memcpy(letters, text, 90000);
	for (int i = 0; i < 6; i++)
		head[i] = (struct iovec){ letters + i * 15000, 15000 };
	trip->wrap.hdtr = (struct zc_hdtr){ head, 3, head + 3, 3 };
	own.wrap.header = own.wrap.trailer = 45000;
	own.request.hdtr = &trip->wrap.hdtr;
	expect(&own.flow, own.request.hdtr, 0, DATA);
	mprotect(trip, 1 << 20, PROT_READ);
	well = travel(&own);
	munmap(trip, 1 << 20);
	return well;
}

/* Events */

struct telling {
	int64_t told[2];		/* header, trailer */
	int64_t bytes;			/* of data, by the last event */
	unsigned wrong, left;		/* events until it says stop */
	const struct zc_result *result;
};

static int
on_event(const struct zc_event *event, void *arg)
{
	struct telling *telling = arg;
	const struct zc_result *result = telling->result;

	if (event->type != ZC_EVENT_MOVED)
		return 0;
	telling->wrong += event->bytes != result->bytes;
	telling->wrong += (event->method == ZC_AUTO) !=
	    (event->bytes == telling->bytes);
	telling->wrong += event->method == ZC_AUTO &&
	    result->header_bytes == telling->told[0] &&
	    result->trailer_bytes == telling->told[1];
	telling->told[0] = result->header_bytes;
	telling->told[1] = result->trailer_bytes;
	telling->bytes = event->bytes;
	return telling->left-- == 1;
}

static bool
is_told(enum sort sink, enum zc_method method)
{
	struct trip trip;
	struct telling telling = { .left = 0 };
	struct zc_job *job;

	set_out(&trip, FILE_END, sink, method, PIECES);
	trip.request.event = on_event;
	trip.request.arg = &telling;
	job = new_job(&trip.request);
	telling.result = zc_job_result(job);
	CHECK(carry(&trip, job));
	CHECK(telling.wrong == 0 && telling.bytes == DATA);
	CHECK(telling.told[0] == trip.wrap.header);
	CHECK(telling.told[1] == trip.wrap.trailer);
	zc_job_free(job);
	return true;
}

/** The first event, in the header, stops the job; a file is not read. */
static bool
is_stopped(enum sort sink)
{
	struct trip trip;
	struct telling telling = { .left = 1 };
	struct zc_job *job;

	set_out(&trip, FILE_END, sink, ZC_AUTO, PIECES);
	trip.request.event = on_event;
	trip.request.arg = &telling;
	job = new_job(&trip.request);
	telling.result = zc_job_result(job);
	CHECK(zc_job_run(job, NULL, 0) < 0 && errno == EINTR);
	CHECK(telling.result->outcome == ZC_STOPPED);
	CHECK(telling.result->header_bytes > 0 && telling.result->bytes == 0);
	CHECK(is_exact(&trip.flow, job) && at(trip.flow.in) == 0);
	zc_job_free(job);
	return true;
}

static int
on_wait(const struct zc_wait *wait, size_t count, void *arg)
{
	return count == 1 && serve(arg, wait) ? 0 : -1;
}

static bool
asks_its_hook(enum sort source, enum sort sink)
{
	struct trip trip;
	struct zc_result result;

	set_out(&trip, source, sink, ZC_AUTO, PIECES);
	trip.request.wait = on_wait;
	trip.request.arg = &trip.flow;
	CHECK(run(&trip.request, &result) == 0 && is_whole(&trip, &result));
	CHECK(trip.flow.waits > 1);
	return is_complete(&trip.flow);
}

/** The receiver goes away at this place. */
static bool
dies_in(enum place place, enum sort sink, enum zc_method method)
{
	struct trip trip;
	struct zc_job *job;
	const struct zc_result *result;
	struct zc_wait wait;
	int64_t there;

	set_out(&trip, FILE_END, sink, method, PIECES);
	job = new_job(&trip.request);
	result = zc_job_result(job);
	while (zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN &&
	    place_of(&trip, result) != place)
		CHECK(take(&trip.flow, 3000));
	CHECK(result->outcome == ZC_UNFINISHED);
	there = delivered(&trip.flow);
	leave(&trip.flow);
	CHECK(zc_job_run(job, &wait, 1) < 0 && errno == EPIPE);
	CHECK(result->outcome == ZC_FAILED && result->side == ZC_SINK);
	CHECK(sum_of(result) == there && result->lost == 0);
	CHECK(is_in_order(&trip, result) && at(trip.flow.in) == result->bytes);
	zc_job_free(job);
	return true;
}

/** The caller's deadline: SO_SNDTIMEO, on a socket that blocks. */
static bool
heeds_a_deadline(enum sort sink, enum zc_method method)
{
	const struct timeval soon = { .tv_usec = 10000 };
	struct trip trip;

	set_out(&trip, FILE_END, sink, method, PIECES);
	fcntl(trip.flow.out, F_SETFL, 0);
	trip.flow.out_flags = fcntl(trip.flow.out, F_GETFL);
	setsockopt(trip.flow.out, SOL_SOCKET, SO_SNDTIMEO, &soon,
	    sizeof(soon));
	CHECK(travel(&trip));
	return trip.stops[IN_HEADER] > 0 && trip.stops[IN_DATA] > 0 &&
	    trip.stops[IN_TRAILER] > 0;
}

/* Segments of TCP */

/** Make a connection, a small file, and what must arrive. */
struct line {
	struct trip trip;
	struct zc_result result;
};

static const struct shape small[] = {
	{ "a header", { 100, 50 }, .heads = 2 },
	{ "a trailer", .tail = { 70 }, .tails = 1 },
	{ "a header and a trailer", { 100 }, { 70, 1 }, 1, 2 },
};

static void
set_line(struct line *line, enum zc_method method, const struct shape *shape,
    size_t bytes)
{
	struct trip *trip = &line->trip;

	*line = (struct line){ .trip.bytes = (int64_t)bytes,
		.result = ZC_RESULT_INIT };
	trip->flow = new_flow_of(FILE_END, FILE_END, bytes);
	tcp_pair(&trip->flow.out, &trip->flow.drain, 0);
	trip->flow.sink = TCP_END;
	wrap_as(&trip->wrap, shape);
	expect(&trip->flow, &trip->wrap.hdtr, 0, bytes);
	trip->request = request_of(&trip->flow, method);
	trip->request.hdtr = &trip->wrap.hdtr;
}

/** True if the kernel has sent everything.  With a cork it would wait for more,
 * for 200 ms. */
static bool
is_prompt(struct flow *flow)
{
	CHECK(held_back(flow->out) == 0);
	while ((size_t)flow->got < flow->expected_size)
		CHECK(take(flow, 65536));
	return tcp_option(flow->out, TCP_CORK) == 0;
}

static bool
is_one_segment(enum zc_method method, const struct shape *shape, int nodelay)
{
	struct line line;
	int out;

	set_line(&line, method, shape, 1000);
	out = line.trip.flow.out;
	set_tcp_option(out, TCP_NODELAY, nodelay);
	CHECK(zc_transfer(&line.trip.request, &line.result) == 0);
	CHECK(is_prompt(&line.trip.flow));
	CHECK(segments(out) == 1);
	CHECK(tcp_option(out, TCP_NODELAY) == nodelay);
	return true;
}

/** True if three writes without a cork are seen as three segments. */
static bool
is_more_by_hand(void)
{
	struct line line;
	struct flow *flow = &line.trip.flow;

	set_line(&line, ZC_AUTO, &small[2], 1000);
	set_tcp_option(flow->out, TCP_NODELAY, 1);
	for (int i = 0; i < 3; i++)
		CHECK(send(flow->out, wire + 100 * i, i < 2 ? 100 :
		    wire_size - 200, 0) > 0);
	while ((size_t)flow->got < flow->expected_size)
		CHECK(take(flow, 65536));
	return segments(flow->out) == 3;
}

/** A header without data is sent at once. */
static bool
is_prompt_alone(enum zc_method method, const struct shape *shape,
    int64_t offset, int64_t bytes)
{
	struct line line;

	set_line(&line, method, shape, 0);
	line.trip.request.offset = offset;
	line.trip.request.bytes = bytes;
	CHECK(zc_transfer(&line.trip.request, &line.result) == 0);
	return is_prompt(&line.trip.flow);
}

/** What was sent before a failure goes out at once, too. */
static bool
is_prompt_when_short(enum zc_method method)
{
	struct line line;

	set_line(&line, method, &small[2], 1000);
	line.trip.request.bytes = 1001;
	line.trip.request.flags = ZC_EXACT;
	line.trip.flow.expected_size -= (size_t)line.trip.wrap.trailer;
	CHECK(zc_transfer(&line.trip.request, &line.result) < 0);
	CHECK(line.result.outcome == ZC_SHORT);
	return is_prompt(&line.trip.flow);
}

/** A job that is freed at an EAGAIN of the source leaves no cork. */
static bool
is_prompt_when_freed(void)
{
	struct line line;
	struct zc_job *job;
	int in, feed_fd;

	set_line(&line, ZC_AUTO, &small[2], 0);
	make_pair(PIPE_END, &feed_fd, &in);
	line.trip.request.in_fd = in;
	line.trip.flow.expected_size = (size_t)line.trip.wrap.header;
	job = new_job(&line.trip.request);
	CHECK(zc_job_run(job, NULL, 0) < 0 && errno == EAGAIN);
	zc_job_free(job);
	return is_prompt(&line.trip.flow);
}

/** The header of a stream that has nothing yet is sent at once. */
static bool
is_prompt_before_a_stream(const struct shape *shape, enum zc_method method)
{
	struct line line;
	struct zc_job *job;
	int in, feed_fd;

	set_line(&line, method, shape, 0);
	make_pair(PIPE_END, &feed_fd, &in);
	line.trip.request.in_fd = in;
	job = new_job(&line.trip.request);
	for (int i = 0; i < 3; i++) {
		CHECK(zc_job_run(job, NULL, 0) < 0 && errno == EAGAIN);
		CHECK(held_back(line.trip.flow.out) == 0);
		CHECK(write(feed_fd, content, 100) == 100);
	}
	shut(feed_fd);
	CHECK(zc_job_run(job, NULL, 0) == 0);
	CHECK(zc_job_result(job)->bytes == 300);
	CHECK(held_back(line.trip.flow.out) == 0);
	zc_job_free(job);
	return tcp_option(line.trip.flow.out, TCP_CORK) == 0;
}

/** A cork that the caller set stays: nothing is sent before he removes it. */
static bool
keeps_the_callers_cork(const struct shape *shape, unsigned flags)
{
	struct line line;
	int out;

	set_line(&line, ZC_AUTO, shape, 1000);
	out = line.trip.flow.out;
	set_tcp_option(out, TCP_CORK, 1);
	line.trip.request.flags = flags;
	line.trip.request.bytes = 1001;
	CHECK((zc_transfer(&line.trip.request, &line.result) < 0) ==
	    (flags == ZC_EXACT));
	CHECK(tcp_option(out, TCP_CORK) == 1);
	set_tcp_option(out, TCP_CORK, 0);
	while (line.trip.flow.got < sum_of(&line.result))
		CHECK(take(&line.trip.flow, 65536));
	return segments(out) == 1;
}

/* All of them */

static void
check(enum sort source, enum sort sink, enum zc_method method)
{
	char what[80];

	snprintf(what, sizeof(what), "%s from %s to %s",
	    zc_method_name(method), sort_names[source], sort_names[sink]);
	for (size_t i = 0; i < COUNT(shapes); i++)
		CASE(arrives(source, sink, method, &shapes[i]),
		    "%s: %s arrives in order and once", what, shapes[i].name);
	CASE(asks_nothing(source, sink, method),
	    "%s: with count 0, header and trailer are sent", what);
	CASE(leaves_the_rest(source, sink, method),
	    "%s: with a count, not one byte more is taken", what);
	CASE(is_short(source, sink, method),
	    "%s: after a short source the trailer is sent", what);
	CASE(withholds_the_trailer(source, sink, method),
	    "%s: with ZC_EXACT a short source gets no trailer", what);
	/* How much the writer of records keeps is a matter of chance. */
	if (sink != FILE_END && sink != TCP_END && sink != RECORDS_END)
		CASE(stops_behind_the_header(source, sink, method),
		    "%s: continues exactly after the header", what);
}

static void
check_from_file(enum sort sink, enum zc_method method)
{
	const char *name = zc_method_name(method);

	for (size_t i = 0; i < COUNT(ranges); i++)
		CASE(has_range(sink, method, &ranges[i]),
		    "%s to %s: %s, and the source's position stays", name,
		    sort_names[sink], ranges[i].name);
	CASE(is_told(sink, method), "%s to %s: events count each part", name,
	    sort_names[sink]);
	if (sink == FILE_END)
		return;
	/* Hooks that block are like others that do not, only slower. */
	if (!is_hooks(sink))
		CASE(blocks(sink, method, PIECES),
		    "%s to blocking %s: all arrives", name, sort_names[sink]);
	if (sink == SOCKET_END || sink == TCP_END)
		CASE(heeds_a_deadline(sink, method),
		    "%s to %s: SO_SNDTIMEO ends the job", name,
		    sort_names[sink]);
	for (int p = IN_HEADER; p < PLACES && sink != TCP_END; p++)
		if (p != BEHIND_HEADER)
			CASE(dies_in((enum place)p, sink, method),
			    "%s to %s: gone %s, the counts are exact", name,
			    sort_names[sink], p == IN_HEADER ? "in a header" :
			    p == IN_DATA ? "in data" : "in a trailer");
}

static void
check_methods(enum zc_method method)
{
	for (int sink = 0; sink < ALL_SORTS; sink++) {
		for (int source = 0; source < ALL_SORTS; source++)
			if (source != TCP_END &&
			    suits((enum sort)source, (enum sort)sink, method))
				check((enum sort)source, (enum sort)sink,
				    method);
		if (suits(FILE_END, (enum sort)sink, method))
			check_from_file((enum sort)sink, method);
	}
	CASE(moves_the_positions(method), "%s: positions move by all parts",
	    zc_method_name(method));
	if (method == ZC_SENDFILE)
		return;			/* it cannot write at an offset */
	CASE(is_placed(method), "%s: is written at the offset",
	    zc_method_name(method));
	CASE(ends_at_the_last_offset(method),
	    "%s: header and data end at the last offset there is",
	    zc_method_name(method));
}

static void
check_segments(enum zc_method method)
{
	const char *name = zc_method_name(method);

	for (size_t i = 0; i < COUNT(small) * 2; i++)
		CASE(is_one_segment(method, &small[i / 2], i % 2),
		    "%s: a small file with %s is one segment%s", name,
		    small[i / 2].name, i % 2 ? ", with TCP_NODELAY" : "");
	for (size_t i = 0; i < COUNT(small); i++) {
		CASE(is_prompt_alone(method, &small[i], 0, ZC_TO_END),
		    "%s: %s without data is sent at once", name,
		    small[i].name);
		CASE(is_prompt_alone(method, &small[i], 0, 0),
		    "%s: %s with count 0 is sent at once", name,
		    small[i].name);
		CASE(is_prompt_alone(method, &small[i], 5000, 10),
		    "%s: %s with a range past the end is sent at once", name,
		    small[i].name);
	}
	CASE(is_prompt_when_short(method),
	    "%s: the data of a short source is sent at once", name);
}

static void
check_corks(void)
{
	CASE(is_more_by_hand(), "three writes without a cork are seen");
	CASE(is_prompt_when_freed(), "a job that is freed leaves no cork");
	for (size_t i = 0; i < COUNT(small); i++) {
		CASE_BY(ZC_SPLICE,
		    is_prompt_before_a_stream(&small[i], ZC_SPLICE),
		    "splice: a slow stream does not delay %s", small[i].name);
		CASE(is_prompt_before_a_stream(&small[i], ZC_READ_WRITE),
		    "read-write: a slow stream does not delay %s",
		    small[i].name);
		CASE(keeps_the_callers_cork(&small[i], 0),
		    "the caller's cork stays, with %s", small[i].name);
		CASE(keeps_the_callers_cork(&small[i], ZC_EXACT),
		    "the caller's cork stays after a failure, with %s",
		    small[i].name);
	}
}

static void
check_tcp(void)
{
	for (size_t m = 0; m < in_place_count; m++)
		if (suits(FILE_END, TCP_END, in_place[m]))
			check_segments(in_place[m]);
	check_corks();
}

static void
check_sinks(void)
{
	for (int sink = 0; sink < ALL_SORTS; sink++) {
		const char *name = sort_names[sink];

		CASE(arrives_in_crumbs((enum sort)sink, PIECES_MAX, 0),
		    "to %s: %d pieces of header arrive", name, PIECES_MAX);
		CASE(arrives_in_crumbs((enum sort)sink, 0, PIECES_MAX),
		    "to %s: %d pieces of trailer arrive", name, PIECES_MAX);
		CASE(arrives_in_crumbs((enum sort)sink, 1100, 1100),
		    "to %s: 1100 pieces of both arrive", name);
		CASE(is_only_read((enum sort)sink),
		    "to %s: the caller's arrays are only read", name);
		CASE(surrounds_a_kernel_file((enum sort)sink),
		    "to %s: they arrive around a file of procfs", name);
		CASE(is_stopped((enum sort)sink),
		    "to %s: an event can stop the job in the header", name);
		if (sink != FILE_END)
			CASE(asks_its_hook(FILE_END, (enum sort)sink),
			    "to %s: the job waits by its hook", name);
		for (size_t i = 0; i < COUNT(refusals); i++)
			CASE(is_refused((enum sort)sink, &refusals[i]),
			    "to %s: %s is EINVAL, and nothing is sent", name,
			    refusals[i].what);
		for (size_t i = 0; i < COUNT(too_long) &&
		    SIZE_MAX > INT64_MAX; i++)
			CASE(is_refused((enum sort)sink, &too_long[i]),
			    "to %s: %s is EINVAL, and nothing is sent", name,
			    too_long[i].what);
	}
}

static void
check_kernel_files(void)
{
	static const struct zc_hdtr none = { two, 0, NULL, 0 };
	static const struct zc_hdtr header = { two, 2, NULL, 0 };
	static const struct zc_hdtr trailer = { NULL, 0, two, 1 };

	CASE(is_no_command(&header, EINVAL),
	    "a header for a kernel file is EINVAL");
	CASE(is_no_command(&trailer, EINVAL),
	    "a trailer for a kernel file is EINVAL");
	CASE(is_no_command(&none, 0), "none is fine for a kernel file");
}

int
main(void)
{
	static const size_t sizes[] = { 60000, 300 * 1000, 1 << 20, 16 << 20 };
	static const struct zc_hdtr longest = { &all_there_is, 1, NULL, 0 };

	begin();
	begin_text();
	srand(1);			/* the same waits in each run */
	for (size_t m = 0; m < in_place_count; m++)
		check_methods(in_place[m]);
	if (has_tcp_info())
		check_tcp();
	else
		report(true, "TCP segments # SKIP needs TCP_INFO");
	check_sinks();
	check_kernel_files();
	for (int over = 0; over < 2; over++) {
		const char *sum = over ? "2^63 are EINVAL" : "2^63-1 are fine";

		CASE(must_have_offsets(100, over),
		    "a sink's offset, a count and what is around it: %s", sum);
		CASE(must_have_offsets(ZC_TO_END, over),
		    "a sink's offset and what is around the data: %s", sum);
	}
	CASE(is_appended(), "all parts are appended");
	CASE(is_fine(&longest), "a header of %zu bytes is not too long",
	    all_there_is.iov_len);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		check_large(sizes[i], 0);
		check_large(0, sizes[i]);
	}
	finish();
	return 0;
}
