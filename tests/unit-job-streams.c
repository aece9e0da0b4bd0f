/*
 * Jobs between files, pipes, sockets and hooks that have to wait, or whose sink
 * dies: no byte is lost, repeated or miscounted.
 *
 * The far ends are in this process.  A job without a wait hook returns EAGAIN;
 * then a random number of bytes is fed or taken.
 */
#include "config.h"

#include <sys/resource.h>
#include <sys/time.h>

#include "lib-flow.h"

#define DIES_AT	((size_t)300 * 1000)

/** Run and serve until `bytes` are delivered, or the job is over. */
static bool
pump(struct flow *flow, struct zc_job *job, int64_t bytes)
{
	const struct zc_result *result = zc_job_result(job);
	struct zc_wait wait;

	while (result->bytes < bytes && zc_job_run(job, &wait, 1) < 0 &&
	    errno == EAGAIN) {
		CHECK(result->outcome == ZC_UNFINISHED);
		CHECK(is_exact(flow, job));
		CHECK(result->bytes >= bytes || serve(flow, &wait));
	}
	return true;
}

static bool
waits(enum sort source, enum sort sink, enum zc_method method,
    size_t block_size, size_t pipe_size)
{
	struct flow flow = new_flow(source, sink);
	struct zc_request request = request_of(&flow, method);
	struct zc_job *job;

	request.block_size = block_size;
	request.pipe_size = pipe_size;
	job = new_job(&request);
	CHECK(pump(&flow, job, INT64_MAX));
	CHECK(zc_job_result(job)->outcome == ZC_DONE);
	CHECK(zc_job_result(job)->bytes == (int64_t)sizeof(content));
	CHECK(flow.waits > 0 && is_exact(&flow, job));
	zc_job_free(job);
	CHECK(is_complete(&flow));
	return true;
}

/* A count: not one byte more leaves the source, for any sizes. */
static bool
takes_no_byte_more(enum sort source, enum sort sink, enum zc_method method)
{
	const int64_t bytes = 123457;
	struct flow flow = new_flow(source, sink);
	struct zc_request request = request_of(&flow, method);
	struct zc_job *job;

	request.bytes = bytes;
	request.flags = ZC_EXACT;
	job = new_job(&request);
	CHECK(pump(&flow, job, INT64_MAX));
	CHECK(zc_job_result(job)->outcome == ZC_DONE);
	CHECK(zc_job_result(job)->bytes == bytes);
	CHECK(taken(&flow) == bytes && delivered(&flow) == bytes);
	zc_job_free(job);
	return true;
}

/* A source that ends within the count. */
static bool
ends_early(enum sort source, enum sort sink, enum zc_method method)
{
	struct flow flow = new_flow(source, sink);
	struct zc_request request = request_of(&flow, method);
	struct zc_job *job;

	request.bytes = (int64_t)sizeof(content) + 1;
	request.flags = ZC_EXACT;
	job = new_job(&request);
	CHECK(pump(&flow, job, INT64_MAX));
	CHECK(zc_job_result(job)->outcome == ZC_SHORT);
	CHECK(zc_job_result(job)->bytes == (int64_t)sizeof(content));
	zc_job_free(job);
	CHECK(is_complete(&flow));
	return true;
}

/** True if bytes that were taken, but not delivered, went back to a file or are
 * counted as lost. */
static bool
is_accounted_for(const struct flow *flow, const struct zc_result *result)
{
	CHECK(taken(flow) == result->bytes + result->lost);
	CHECK(flow->source != FILE_END || result->lost == 0);
	return true;
}

static bool
survives_a_dying_sink(enum sort source, enum sort sink, enum zc_method method)
{
	struct flow flow = new_flow(source, sink);
	struct zc_request request = request_of(&flow, method);
	struct zc_job *job;
	const struct zc_result *result;
	int64_t bytes;

	request.pipe_size = 16384;
	job = new_job(&request);
	result = zc_job_result(job);
	CHECK(pump(&flow, job, DIES_AT));
	bytes = delivered(&flow);
	leave(&flow);
	while (zc_job_run(job, NULL, 0) < 0 && errno == EAGAIN)
		CHECK(feed(&flow, 4096));
	CHECK(result->outcome == ZC_FAILED && result->side == ZC_SINK);
	CHECK(result->error == EPIPE && result->bytes == bytes);
	CHECK(is_accounted_for(&flow, result));
	zc_job_free(job);
	return true;
}

/** A job that is freed at an EAGAIN leaves a file where it stopped. */
static bool
puts_back_when_freed(enum sort sink, enum zc_method method)
{
	struct flow flow = new_flow(FILE_END, sink);
	struct zc_request request = request_of(&flow, method);
	struct zc_job *job;

	request.pipe_size = 16384;
	job = new_job(&request);
	CHECK(zc_job_run(job, NULL, 0) < 0 && errno == EAGAIN);
	CHECK(pump(&flow, job, DIES_AT));
	zc_job_free(job);
	CHECK(at(flow.in) == delivered(&flow));
	return true;
}

/** With RLIMIT_FSIZE a file is written up to its limit. */
static bool
fills_to_the_limit(enum sort source, enum zc_method method)
{
	struct flow flow = new_flow(source, FILE_END);
	struct zc_request request = request_of(&flow, method);
	struct rlimit old, limit;
	struct zc_job *job;
	const struct zc_result *result;
	bool pumped;

	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = DIES_AT + 1;
	job = new_job(&request);
	result = zc_job_result(job);
	setrlimit(RLIMIT_FSIZE, &limit);
	pumped = pump(&flow, job, INT64_MAX);
	setrlimit(RLIMIT_FSIZE, &old);
	CHECK(pumped && result->error == EFBIG);
	CHECK(result->outcome == ZC_FAILED && result->side == ZC_SINK);
	CHECK(result->bytes == DIES_AT + 1);
	CHECK(is_content(flow.out, DIES_AT + 1));
	CHECK(is_accounted_for(&flow, result));
	zc_job_free(job);
	return true;
}

/** On /dev/full, splice and sendfile fail with EINVAL, and write with ENOSPC.
 * What splice holds in its pipe goes back to a file, or is written. */
static bool
finds_the_device_full(enum sort source, enum zc_method method, int error)
{
	struct flow flow = new_flow(source, FILE_END);
	struct zc_request request = request_of(&flow, method);
	const struct zc_result *result;
	struct zc_job *job;

	request.out_fd = keep(open("/dev/full", O_WRONLY));
	job = new_job(&request);
	result = zc_job_result(job);
	while (zc_job_run(job, NULL, 0) < 0 && errno == EAGAIN)
		CHECK(feed(&flow, 4096));
	CHECK(result->error == error && result->bytes == 0);
	CHECK(result->outcome ==
	    (error == ENOSPC ? ZC_FAILED : ZC_UNSUITED));
	CHECK(error != ENOSPC || result->side == ZC_SINK);
	CHECK(is_accounted_for(&flow, result));
	zc_job_free(job);
	return true;
}

/** A forced splice gives up on a sink with O_APPEND; it delivers what its pipe
 * holds first, and the rest stays in the source. */
static bool
delivers_what_splice_took(void)
{
	struct flow flow = new_flow(SOCKET_END, FILE_END);
	struct zc_request request = request_of(&flow, ZC_SPLICE);
	const struct zc_result *result;
	struct zc_job *job;

	fcntl(flow.out, F_SETFL, O_APPEND);
	job = new_job(&request);
	result = zc_job_result(job);
	CHECK(feed(&flow, 1000));
	CHECK(zc_job_run(job, NULL, 0) < 0 && errno == EINVAL);
	CHECK(result->outcome == ZC_UNSUITED && result->reason == NULL);
	CHECK(result->use[ZC_SPLICE].refused == EINVAL);
	CHECK(result->use[ZC_SPLICE].refused_at == 0);
	CHECK(result->use[ZC_SPLICE].bytes == 0);
	CHECK(result->use[ZC_READ_WRITE].bytes == 1000);
	CHECK(result->bytes == 1000 && is_accounted_for(&flow, result));
	CHECK(is_content(flow.out, 1000));
	zc_job_free(job);
	return true;
}

/* Hooks */

static int
on_wait(const struct zc_wait *wait, size_t count, void *arg)
{
	struct flow *flow = arg;

	if (flow->stop != NULL && delivered(flow) >= (int64_t)DIES_AT)
		return flow->stop(flow);
	if (rand() % 8 == 0) {		/* one of many signals */
		errno = EINTR;
		return -1;
	}
	if (count == 1 && serve(flow, wait))
		return 0;
	errno = EDOM;
	return -1;
}

static int
on_event(const struct zc_event *event, void *arg)
{
	struct flow *flow = arg;

	flow->interruptions += event->type == ZC_EVENT_INTERRUPTED;
	return flow->interruptions > 1000000;
}

static int
stop_by_timeout(struct flow *flow)
{
	(void)flow;
	errno = ETIMEDOUT;
	return -1;
}

static int
stop_by_signal(struct flow *flow)
{
	flow->interruptions = 1000000;	/* which on_event counts */
	errno = EINTR;
	return -1;
}

static bool
asks_wait(enum sort source, enum sort sink, enum zc_method method)
{
	struct flow flow = new_flow(source, sink);
	struct zc_request request = request_of(&flow, method);
	struct zc_result result = ZC_RESULT_INIT;

	request.pipe_size = 4096;
	request.wait = on_wait;
	request.event = on_event;
	request.arg = &flow;
	CHECK(run(&request, &result) == 0);
	CHECK(flow.waits > 0 && flow.interruptions > 0);
	CHECK(result.bytes == (int64_t)sizeof(content));
	CHECK(is_complete(&flow));
	return true;
}

static bool
obeys_wait(enum sort source, enum sort sink, enum zc_method method,
    int (*stop)(struct flow *), enum zc_outcome outcome, int error)
{
	struct flow flow = new_flow(source, sink);
	struct zc_request request = request_of(&flow, method);
	struct zc_result result = ZC_RESULT_INIT;

	request.pipe_size = 4096;
	request.wait = on_wait;
	request.event = on_event;
	request.arg = &flow;
	flow.stop = stop;
	CHECK(run(&request, &result) == error);
	CHECK(result.outcome == outcome && result.error == error);
	CHECK(outcome != ZC_FAILED || source != FILE_END ||
	    result.side == ZC_SINK);
	CHECK(outcome != ZC_FAILED || sink != FILE_END ||
	    result.side == ZC_SOURCE);
	CHECK(result.bytes == delivered(&flow));
	CHECK(is_accounted_for(&flow, &result));
	return true;
}

/* Which side is it? */

/** A pipe is full because of the number of its segments, not of its bytes. */
static bool
tells_a_pipe_out_of_slots(enum zc_method method)
{
	struct flow flow = new_flow(SOCKET_END, PIPE_END);
	struct zc_request request = request_of(&flow, method);
	struct zc_wait wait;
	struct zc_job *job;
	int through[2];

	make_pair(PIPE_END, &through[1], &through[0]);
	fcntl(flow.out, F_SETPIPE_SZ, 65536);
	CHECK(write(through[1], content, 1) == 1);
	for (int i = 0; i < 16; i++)
		CHECK(tee(through[0], flow.out, 1, SPLICE_F_NONBLOCK) == 1);
	request.pipe_size = 4096;
	job = new_job(&request);
	CHECK(zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN);
	CHECK(wait.fd == flow.in && wait.events == POLLIN);
	CHECK(feed(&flow, 1000));
	CHECK(zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN);
	CHECK(wait.fd == flow.out && wait.events == POLLOUT);
	CHECK(zc_job_result(job)->bytes == 0 && queued(flow.drain) == 16);
	CHECK(read(flow.drain, &(char[16]){ 0 }, 16) == 16);
	CHECK(zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN);
	CHECK(wait.fd == flow.in && wait.events == POLLIN);
	CHECK(zc_job_result(job)->bytes == 1000 && take(&flow, 1000));
	zc_job_free(job);
	return true;
}

/** The caller's deadline: SO_RCVTIMEO, on a socket that blocks. */
static bool
hands_on_a_deadline(enum zc_method method)
{
	const struct timeval soon = { .tv_usec = 10000 };
	struct flow flow = new_flow(SOCKET_END, FILE_END);
	struct zc_request request = request_of(&flow, method);
	struct zc_wait wait = { .fd = -1 };
	struct zc_job *job;

	fcntl(flow.in, F_SETFL, 0);
	setsockopt(flow.in, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	job = new_job(&request);
	CHECK(feed(&flow, 1000));
	for (int i = 0; i < 3; i++) {
		CHECK(zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN);
		CHECK(wait.fd == flow.in && wait.events == POLLIN);
		CHECK(zc_job_result(job)->bytes == flow.fed);
		CHECK(feed(&flow, 1000));
	}
	shut(flow.feed);
	CHECK(zc_job_run(job, &wait, 1) == 0);
	CHECK(is_content(flow.out, (size_t)flow.fed));
	zc_job_free(job);
	return true;
}

/** The caller's pipes: larger perhaps, never smaller. */
static bool
never_shrinks_a_pipe(size_t pipe_size)
{
	struct flow flow = new_flow(FILE_END, PIPE_END);
	struct zc_request request = request_of(&flow, ZC_AUTO);
	struct zc_job *job;
	int size = fcntl(flow.out, F_SETPIPE_SZ, 128 * 1024);

	CHECK(size == 128 * 1024);
	request.pipe_size = pipe_size;
	job = new_job(&request);
	CHECK(zc_job_run(job, NULL, 0) < 0 && errno == EAGAIN);
	CHECK(fcntl(flow.out, F_GETPIPE_SZ) >= size);
	zc_job_free(job);
	return true;
}

static void
check(enum sort source, enum sort sink, enum zc_method method)
{
	static const size_t sizes[] = { 0, 1000, BLOCK };
	char what[80];

	snprintf(what, sizeof(what), "%s from %s to %s",
	    zc_method_name(method), sort_names[source], sort_names[sink]);
	for (size_t i = 0; i < COUNT(sizes) * 2; i++)
		CASE(waits(source, sink, method, sizes[i / 2],
		    i % 2 ? 4096 : 0),
		    "%s: waits without loss, %zu bytes a call, %s pipe", what,
		    sizes[i / 2], i % 2 ? "small" : "large");
	CASE(asks_wait(source, sink, method), "%s: the job waits by its hook",
	    what);
	CASE(obeys_wait(source, sink, method, stop_by_timeout, ZC_FAILED,
	    ETIMEDOUT), "%s: an error of the hook ends it", what);
	CASE(obeys_wait(source, sink, method, stop_by_signal, ZC_STOPPED,
	    EINTR), "%s: a signal in the hook can end it", what);
	CASE(takes_no_byte_more(source, sink, method),
	    "%s: with a count, not one byte more is taken", what);
	CASE(ends_early(source, sink, method),
	    "%s: a source that ends early is reported", what);
	if (sink != FILE_END)
		CASE(survives_a_dying_sink(source, sink, method),
		    "%s: if the sink dies, the counts are exact", what);
	if (source == FILE_END)
		CASE(puts_back_when_freed(sink, method),
		    "%s: freed, the file is where the job stopped", what);
}

static void
check_methods(enum zc_method method)
{
	const char *name = zc_method_name(method);
	bool by_file = method != ZC_AUTO && method != ZC_SPLICE &&
	    method != ZC_READ_WRITE;

	for (int i = 0; i < ALL_SORTS * ALL_SORTS; i++) {
		enum sort source = (enum sort)(i / ALL_SORTS);
		enum sort sink = (enum sort)(i % ALL_SORTS);

		if (source == TCP_END || sink == TCP_END ||
		    !suits(source, sink, method))
			continue;
		if (source != FILE_END || sink != FILE_END)
			check(source, sink, method);
		if (sink == FILE_END)
			CASE(fills_to_the_limit(source, method),
			    "%s from %s: a file is filled to its limit", name,
			    sort_names[source]);
	}
	if (by_file)
		return;
	for (int source = 0; source < ALL_SORTS; source++)
		if (source != TCP_END &&
		    suits((enum sort)source, PIPE_END, method))
			CASE(finds_the_device_full((enum sort)source, method,
			    method == ZC_SPLICE && source == FILE_END ?
			    EINVAL : ENOSPC),
			    "%s from %s: /dev/full gives its error", name,
			    sort_names[source]);
	/* Slots and SO_RCVTIMEO are not for hooks. */
	CASE(tells_a_pipe_out_of_slots(method),
	    "%s: a pipe out of slots is not an empty socket", name);
	CASE(hands_on_a_deadline(method), "%s: SO_RCVTIMEO ends the job", name);
}

int
main(void)
{
	static const uint64_t pipe_sizes[] = { 0, 1, 4096, 65536, 1 << 20,
		(uint64_t)1 << 31, UINT32_MAX, (uint64_t)1 << 32, UINT64_MAX };

	begin();
	srand(1);			/* the same waits in each run */
	for (size_t m = 0; m < in_place_count; m++)
		check_methods(in_place[m]);
	CASE(finds_the_device_full(FILE_END, ZC_MMAP, ENOSPC),
	    "mmap from file: /dev/full gives ENOSPC");
	CASE_BY(ZC_SENDFILE,
	    finds_the_device_full(FILE_END, ZC_SENDFILE, EINVAL),
	    "sendfile from file: refused by /dev/full");
	CASE_BY(ZC_SPLICE, delivers_what_splice_took(),
	    "splice delivers what it took before it gives up");
	for (size_t i = 0; i < COUNT(pipe_sizes) && pipe_sizes[i] <= SIZE_MAX;
	    i++)
		CASE(never_shrinks_a_pipe((size_t)pipe_sizes[i]),
		    "a pipe size of %zu never shrinks the sink's",
		    (size_t)pipe_sizes[i]);
	finish();
	return 0;
}
