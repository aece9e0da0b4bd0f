/*
 * Errors that were found by reading the library's source, a case for each.
 */
#include "config.h"

#include <pthread.h>

#include "lib-signals.h"

/** What `event` was called with, and what it returns. */
struct told {
	unsigned interruptions, trailers;
	enum zc_event_type stops;
	int closes;			/* a descriptor, or -1 */
	int64_t bytes;
};

static int
on_event(const struct zc_event *event, void *arg)
{
	struct told *told = arg;

	told->bytes = event->bytes;
	told->interruptions += event->type == ZC_EVENT_INTERRUPTED;
	told->trailers += event->type == ZC_EVENT_TRAILER;
	if (event->type != told->stops)
		return 0;
	if (told->closes >= 0)
		shut(told->closes);
	return 1;
}

static void
listen_to(struct zc_request *request, struct told *told,
    enum zc_event_type stops)
{
	*told = (struct told){ .stops = stops, .closes = -1 };
	request->event = on_event;
	request->arg = told;
}

/** Make a blocking socket whose peer does nothing, with SO_SNDTIMEO or
 * SO_RCVTIMEO. */
static int
stuck_socket(int option, time_t seconds)
{
	const struct timeval limit = { .tv_sec = seconds };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 || setsockopt(ends[0],
	    SOL_SOCKET, option, &limit, sizeof(limit)) < 0)
		give_up("socketpair");
	keep(ends[1]);
	return keep(ends[0]);
}

/** True if a signal is not taken for a time-out of the socket. */
static bool
tells_a_signal(enum zc_method method)
{
	int in = file_of(content, sizeof(content));
	struct zc_request request = request_for(in,
	    stuck_socket(SO_SNDTIMEO, 30), method);
	struct zc_result result = ZC_RESULT_INIT;
	struct told told;
	int error;

	listen_to(&request, &told, ZC_EVENT_INTERRUPTED);
	start_signals();
	error = zc_transfer(&request, &result) < 0 ? errno : 0;
	stop_signals();
	CHECK(error == EINTR);
	CHECK(told.interruptions == 1 && result.outcome == ZC_STOPPED);
	CHECK(result.bytes > 0 && at(in) == result.bytes);
	return true;
}

static bool
times_out(enum zc_method method)
{
	int in = file_of(content, sizeof(content));
	int out = stuck_socket(SO_SNDTIMEO, 1);
	struct zc_request request = request_for(in, out, method);
	struct zc_job *job = new_job(&request);
	struct zc_wait wait = { .fd = -1 };

	CHECK(zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN);
	CHECK(wait.fd == out);
	CHECK(zc_job_result(job)->outcome == ZC_UNFINISHED);
	CHECK(zc_job_result(job)->bytes > 0);
	zc_job_free(job);
	return true;
}

/** Stop a job that gets more than *arg signals. */
static int
on_signals(const struct zc_event *event, void *arg)
{
	unsigned *most = arg;

	return event->type == ZC_EVENT_INTERRUPTED && (*most)-- == 0;
}

/** True if the time-out of this socket, one of both ends, ends the job though
 * signals come more often. */
static bool
times_out_despite_signals(int in, int out, int stuck, enum zc_method method)
{
	struct zc_request request = request_for(in, out, method);
	struct zc_wait wait = { .fd = -1 };
	struct zc_job *job;
	unsigned most = 200;		/* 10 s */
	int error;

	request.event = on_signals;
	request.arg = &most;
	job = new_job(&request);
	start_signals();
	error = zc_job_run(job, &wait, 1) < 0 ? errno : 0;
	stop_signals();
	CHECK(error == EAGAIN && wait.fd == stuck);
	CHECK(zc_job_result(job)->outcome == ZC_UNFINISHED);
	CHECK(most < 199);
	zc_job_free(job);
	return true;
}

static bool
sink_times_out(enum zc_method method)
{
	int out = stuck_socket(SO_SNDTIMEO, 1);

	return times_out_despite_signals(file_of(content, sizeof(content)),
	    out, out, method);
}

static bool
source_times_out(enum zc_method method)
{
	int in = stuck_socket(SO_RCVTIMEO, 1);

	return times_out_despite_signals(in, file_of("", 0), in, method);
}

/* A file that grows */

struct growing {
	int file, reader;
	volatile bool over;
};

static void *
grow(void *arg)
{
	const struct growing *growing = arg;

	for (int i = 0; i < 200; i++) {
		if (pwrite(growing->file, content, 7001, size_of(growing->file))
		    < 0)
			give_up("pwrite");
		usleep(100);
	}
	return NULL;
}

static void *
read_slowly(void *arg)
{
	const struct growing *growing = arg;
	char data[1000];

	while (read(growing->reader, data, sizeof(data)) > 0)
		usleep(50);
	return NULL;
}

/** True if zc_sendfile() does not fail with EINTR without a signal. */
static bool
needs_a_signal(void)
{
	struct growing growing = { .file = file_of(content, 40000) };
	int ends[2], least = 8192, done, error;
	pthread_t grower, reader;
	int64_t sbytes;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		give_up("socketpair");
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
	growing.reader = ends[1];
	if (pthread_create(&grower, NULL, grow, &growing) != 0 ||
	    pthread_create(&reader, NULL, read_slowly, &growing) != 0)
		give_up("pthread_create");
	done = zc_sendfile(growing.file, ends[0], 0, 0, NULL, &sbytes, 0);
	error = errno;
	close(ends[0]);
	pthread_join(grower, NULL);
	pthread_join(reader, NULL);
	close(ends[1]);
	errno = error;
	CHECK(done == 0 && sbytes >= 40000);
	return true;
}

/* Odd callers */

static int
on_wait(const struct zc_wait *wait, size_t count, void *arg)
{
	static char data[65536];
	const int *drain = arg;

	(void)wait;
	(void)count;
	return (int)read(*drain, data, sizeof(data));
}

/** `wait` may return the number of ready descriptors, as poll(2) does. */
static bool
takes_a_count_for_success(void)
{
	int in = file_of(content, sizeof(content)), ends[2];
	struct zc_request request;
	struct zc_result result = ZC_RESULT_INIT;

	if (pipe2(ends, O_NONBLOCK) < 0)
		give_up("pipe2");
	keep(ends[0]);
	request = request_for(in, keep(ends[1]), ZC_READ_WRITE);
	request.wait = on_wait;
	request.arg = &ends[0];
	CHECK(zc_transfer(&request, &result) == 0);
	CHECK(result.bytes == (int64_t)sizeof(content));
	return true;
}

static bool
counts_what_is_lost(void)
{
	int in = file_of(content, 200000), ends[2];
	struct zc_request request;
	struct zc_result result = ZC_RESULT_INIT;
	struct told told;

	if (pipe2(ends, O_NONBLOCK) < 0)
		give_up("pipe2");
	keep(ends[0]);
	fcntl(ends[1], F_SETPIPE_SZ, 4096);
	request = request_for(in, keep(ends[1]), ZC_READ_WRITE);
	request.block_size = 100000;
	request.pipe_size = 4096;
	listen_to(&request, &told, ZC_EVENT_MOVED);
	told.closes = in;
	CHECK(zc_transfer(&request, &result) < 0 && errno == EINTR);
	CHECK(result.bytes + result.lost == 100000);
	return true;
}

static bool
appends_at_no_offset(void)
{
	int in = file_of(content, 3), old = file_of("0123456789", 10);
	struct zc_request request = ZC_REQUEST_INIT(in,
	    another_of(old, O_WRONLY | O_APPEND));

	request.out_offset = 2;
	CHECK(zc_transfer(&request, NULL) < 0 && errno == EINVAL);
	CHECK(size_of(old) == 10);
	return true;
}

static bool
plans_nothing_for(enum zc_kind in, enum zc_kind out, int forced, int preferred)
{
	const struct zc_ends ends = { .size = sizeof(ends), .in = in,
		.out = out, .bytes = -1 };
	struct zc_plan plan = { .size = sizeof(plan), .count = 9 };

	zc_plan(&plan, &ends, (enum zc_method)forced,
	    (enum zc_method)preferred, 0);
	return plan.count == 0;
}

static int
on_select(const struct zc_ends *ends, void *arg)
{
	(void)ends;
	errno = *(int *)arg;
	return -1;
}

/** EAGAIN would mean that the job can continue, so from `select` it becomes
 * EIO. */
static bool
fails_by_select(int error, int seen)
{
	struct zc_request request = ZC_REQUEST_INIT(file_of(content, 100),
	    file_of("", 0));

	request.select = on_select;
	request.arg = &error;
	return zc_transfer(&request, NULL) < 0 && errno == seen;
}

/* Streams of stdio */

/** Make a stream on a pipe, and read the first byte of this text from it, so
 * that its buffer has the others.  `rest` is in the pipe. */
static FILE *
begun(const char *text, const char *rest)
{
	FILE *stream;
	int ends[2];

	if (pipe(ends) < 0 || write(ends[1], text, strlen(text)) < 0)
		give_up("pipe");
	stream = fdopen(ends[0], "r");
	if (stream == NULL || getc(stream) != text[0])
		give_up("fdopen");
	if (write(ends[1], rest, strlen(rest)) < 0)
		give_up("write");
	close(ends[1]);
	return stream;
}

/** Open the file that has the name of this process. */
static FILE *
open_name(const char *mode)
{
	FILE *file = fopen("/proc/self/comm", mode);

	if (file == NULL)
		give_up("/proc/self/comm");
	return file;
}

static bool
commands_the_kernel(const char *text, const char *rest)
{
	FILE *in = begun(text, rest), *file = open_name("w");
	bool done = zc_transfer_stdio(in, file, NULL, NULL) == 0;
	char name[20] = "";

	fclose(in);
	fclose(file);
	file = open_name("r");
	done = fgets(name, sizeof(name), file) != NULL && done;
	fclose(file);
	CHECK(done && strcmp(name, "zc-new-name\n") == 0);
	return true;
}

/** A transfer that cannot be done takes nothing out of the stream. */
static bool
leaves_the_stream_alone(void)
{
	FILE *in = begun("xHELLO", ""), *out = tmpfile();
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct zc_result result = ZC_RESULT_INIT;
	char rest[20] = "";
	int done;

	request.method = ZC_SENDFILE;
	done = zc_transfer_stdio(in, out, &request, &result);
	CHECK(fgets(rest, sizeof(rest), in) != NULL);
	fclose(in);
	fclose(out);
	CHECK(done < 0 && result.outcome == ZC_UNSUITED && result.lost == 0);
	CHECK(strcmp(rest, "HELLO") == 0);
	return true;
}

/** A caller may stop the job before the trailer, if the data is not good. */
static bool
asks_before_the_trailer(bool stops)
{
	struct iovec piece = { .iov_base = "end", .iov_len = 3 };
	struct zc_hdtr hdtr = { .trailers = &piece, .trl_cnt = 1 };
	int out = file_of("", 0);
	struct zc_request request = ZC_REQUEST_INIT(file_of(content, 1000),
	    out);
	struct told told;

	request.hdtr = &hdtr;
	listen_to(&request, &told, stops ? ZC_EVENT_TRAILER :
	    ZC_EVENT_INTERRUPTED);
	CHECK(zc_transfer(&request, NULL) == (stops ? -1 : 0));
	CHECK(told.trailers == 1 && told.bytes == 1000);
	return size_of(out) == (stops ? 1000 : 1003);
}

/** The sink is at the largest offset.  There sendfile(2) and splice(2) fail with
 * EINVAL, whether or not the source has anything. */
static bool
fills_the_sink(enum zc_method method, size_t size, int error)
{
	int in = file_of(content, size), out = file_of(content, 0);
	struct zc_request request = request_for(in, out, method);
	struct zc_result result = ZC_RESULT_INIT;

	CHECK(lseek(out, INT64_MAX, SEEK_SET) == INT64_MAX);
	CHECK(run(&request, &result) == error);
	CHECK(result.outcome == (error == 0 ? ZC_DONE : ZC_FAILED));
	CHECK(error == 0 || result.side == ZC_SINK);
	CHECK(result.bytes == 0 && at(in) == 0 && at(out) == INT64_MAX);
	return size_of(out) == 0;
}

/** The sink has room for a part of its header. */
static bool
fills_the_sink_with_a_header(void)
{
	int in = file_of(content, 1000), out = file_of(content, 0);
	struct iovec piece = { .iov_base = content, .iov_len = 100 };
	struct zc_hdtr hdtr = { .headers = &piece, .hdr_cnt = 1 };
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct zc_result result = ZC_RESULT_INIT;
	const int64_t room = 60;

	request.hdtr = &hdtr;
	CHECK(lseek(out, INT64_MAX - room, SEEK_SET) >= 0);
	CHECK(run(&request, &result) == EFBIG);
	CHECK(result.outcome == ZC_FAILED && result.side == ZC_SINK);
	CHECK(result.header_bytes == room && result.bytes == 0);
	CHECK(at(in) == 0 && at(out) == INT64_MAX);
	return holds(out, INT64_MAX - room, content, (size_t)room);
}

int
main(void)
{
	begin();
	for (size_t i = 0; i < in_place_count; i++) {
		if (in_place[i] == ZC_COPY_FILE_RANGE)
			continue;
		CASE(tells_a_signal(in_place[i]),
		    "%s: a signal is not a time-out of the socket",
		    zc_method_name(in_place[i]));
		CASE(times_out(in_place[i]),
		    "%s: the time-out of the socket ends the job",
		    zc_method_name(in_place[i]));
		CASE(sink_times_out(in_place[i]),
		    "%s: signals do not put the time-out off",
		    zc_method_name(in_place[i]));
	}
	CASE(source_times_out(ZC_AUTO),
	    "signals do not put off the time-out of a source");
	CASE(source_times_out(ZC_READ_WRITE),
	    "read-write: signals do not put off the time-out of a source");
	for (size_t i = 0; i < in_place_count; i++) {
		CASE(fills_the_sink(in_place[i], 0, 0),
		    "%s: nothing is complete at the largest offset",
		    zc_method_name(in_place[i]));
		CASE(fills_the_sink(in_place[i], 1, EFBIG),
		    "%s: a byte at the largest offset is too much",
		    zc_method_name(in_place[i]));
	}
	CASE(fills_the_sink_with_a_header(),
	    "what fits of a header is written up to the largest offset");
	CASE(needs_a_signal(), "a file that grows gives no EINTR");
	CASE(takes_a_count_for_success(), "`wait` may return a count, as poll");
	CASE(counts_what_is_lost(), "bytes that cannot go back are counted");
	CASE(appends_at_no_offset(), "an offset with O_APPEND is refused");
	CASE(plans_nothing_for(ZC_KINDS, ZC_PIPE, 0, 0),
	    "an unknown kind of source has no plan");
	CASE(plans_nothing_for(ZC_PIPE, ZC_KINDS, 0, 0),
	    "an unknown kind of sink has no plan");
	CASE(plans_nothing_for(ZC_PIPE, ZC_PIPE, 4000, 0),
	    "an unknown method has no plan");
	CASE(plans_nothing_for(ZC_PIPE, ZC_PIPE, 0, ZC_METHODS),
	    "an unknown preferred method has no plan");
	CASE(fails_by_select(EAGAIN, EIO), "EAGAIN of `select` becomes EIO");
	CASE(fails_by_select(0, EINVAL), "`select` without errno gives EINVAL");
	CASE(fails_by_select(ENOENT, ENOENT),
	    "an error of `select` is passed on");
	CASE(commands_the_kernel("xzc-new-name", ""),
	    "a stream's buffer can be a command");
	CASE(commands_the_kernel("xzc-new-", "name"),
	    "a buffer and what follows it, to a kernel file");
	CASE(leaves_the_stream_alone(), "a refused job leaves the stream");
	CASE(asks_before_the_trailer(false),
	    "an event comes before the trailer");
	CASE(asks_before_the_trailer(true), "that event can stop the trailer");
	finish();
	return 0;
}
