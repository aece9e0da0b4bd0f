/*
 * Many jobs in one thread, run when epoll says that they are ready.  While one
 * waits the others run, and no run does nothing.
 */
#include "config.h"

#include <sys/epoll.h>

#include "lib-wire.h"

#define STREAMS_MAX	200
#define TURNS_MAX	20000000	/* of the loop */

enum role { READY, FEED, DRAIN };	/* of a descriptor */

struct stream {
	struct flow flow;
	struct zc_job *job;		/* NULL: it is over */
	struct iovec head, tail;
	struct zc_hdtr hdtr;
	size_t pace;			/* most bytes that a far end moves */
};

static struct stream streams[STREAMS_MAX];
static int poller;
static size_t running, runs, idle_runs;

static void
watch(int how, int fd, uint32_t events, size_t i, enum role role)
{
	struct epoll_event event = { .events = events,
		.data.u64 = i * 4 + (unsigned)role };

	if (epoll_ctl(poller, how, fd, &event) < 0)
		give_up("epoll_ctl");
}

/** Watch a descriptor only while its job waits for it. */
static void
watch_check(int fd, size_t i)
{
	struct epoll_event never = { .events = EPOLLONESHOT };

	if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &never) < 0)
		give_up("epoll_ctl");
	watch(EPOLL_CTL_MOD, fd, EPOLLONESHOT, i, READY);
}

/** Return how much the job has moved so far, at both of its ends. */
static int64_t
progress(const struct stream *stream)
{
	int64_t far = sum_of(zc_job_result(stream->job));

	if (stream->flow.source != FILE_END)
		far += taken(&stream->flow);
	return far;
}

static bool
end_stream(struct stream *stream)
{
	const struct zc_result *result = zc_job_result(stream->job);
	struct flow *flow = &stream->flow;

	CHECK(result->outcome == ZC_DONE && result->lost == 0);
	CHECK(sum_of(result) == (int64_t)flow->expected_size);
	zc_job_free(stream->job);
	stream->job = NULL;
	shut(flow->out);
	if (flow->source != FILE_END)
		shut(flow->in);
	return true;
}

static bool
run_stream(size_t i)
{
	struct stream *stream = &streams[i];
	struct zc_wait wait = { .fd = -1 };
	int64_t before;

	if (stream->job == NULL)
		return true;
	before = progress(stream);
	runs++;
	if (zc_job_run(stream->job, &wait, 1) == 0)
		return end_stream(stream);
	CHECK(errno == EAGAIN);
	CHECK(wait.fd == stream->flow.in || wait.fd == stream->flow.out);
	CHECK(wait.events == (wait.fd == stream->flow.in ? POLLIN : POLLOUT));
	idle_runs += progress(stream) == before;
	watch(EPOLL_CTL_MOD, wait.fd, (uint32_t)wait.events | EPOLLONESHOT, i,
	    READY);
	return true;
}

static bool
drain_stream(struct stream *stream)
{
	struct flow *flow = &stream->flow;

	if ((size_t)flow->got < flow->expected_size)
		return take(flow, (size_t)rand() % stream->pace + 1);
	CHECK(read(flow->drain, &(char){ 0 }, 1) == 0);
	shut(flow->drain);
	running--;
	return true;
}

static bool
attend(const struct epoll_event *event)
{
	size_t i = (size_t)(event->data.u64 / 4);
	struct stream *stream = &streams[i];

	if (event->data.u64 % 4 == FEED)
		return feed(&stream->flow, (size_t)rand() % stream->pace + 1);
	if (event->data.u64 % 4 == DRAIN)
		return drain_stream(stream);
	return run_stream(i);
}

static bool
loop(void)
{
	struct epoll_event events[64];
	int64_t turns = 0;

	while (running > 0) {
		int n = epoll_wait(poller, events, COUNT(events), 30000);

		CHECK(n > 0 && turns++ < TURNS_MAX);
		for (int i = 0; i < n; i++)
			CHECK(attend(&events[i]));
	}
	return true;
}

/** Run all jobs at the same time; runs that move nothing must be rare. */
static bool
all_run(size_t count)
{
	running = count;
	runs = idle_runs = 0;
	for (size_t i = 0; i < count; i++)
		CHECK(run_stream(i));
	CHECK(loop());
	printf("# %zu runs, %zu of them for nothing\n", runs, idle_runs);
	CHECK(idle_runs <= count + runs / 20);
	return true;
}

static void
begin_streams(void)
{
	poller = keep(epoll_create1(0));
	memset(streams, 0, sizeof(streams));
}

static void
start_stream(size_t i, const struct zc_request *request)
{
	struct stream *stream = &streams[i];

	stream->job = new_job(request);
	watch_check(stream->flow.out, i);
	watch(EPOLL_CTL_ADD, stream->flow.drain, EPOLLIN, i, DRAIN);
}

/* One file to many readers */

#define ENVELOPE	((size_t)8000)	/* bytes of header, and of trailer */

/** Each reader gets a header and a trailer of different length. */
static void
make_reader(size_t i, enum sort sink, int file, enum zc_method method)
{
	struct stream *stream = &streams[i];
	size_t less = i * 10;
	struct zc_request request;

	stream->flow = (struct flow){ .in = file, .source = FILE_END,
		.sink = sink, .expected = wire + less,
		.expected_size = wire_size - 2 * less };
	make_pair(sink, &stream->flow.out, &stream->flow.drain);
	stream->pace = 500 + i * 100;
	stream->head = (struct iovec){ wire + less, ENVELOPE - less };
	stream->tail = (struct iovec){ wire + wire_size - ENVELOPE,
		ENVELOPE - less };
	stream->hdtr = (struct zc_hdtr){ &stream->head, 1, &stream->tail, 1 };
	request = request_for(file, stream->flow.out, method);
	request.offset = 0;
	request.hdtr = &stream->hdtr;
	request.pipe_size = 4096;
	start_stream(i, &request);
}

static bool
serves_readers(enum sort sink, size_t size, enum zc_method method)
{
	int file = file_of(content, size);

	begin_streams();
	text_used = 0;
	wire_size = 0;
	put_on_wire(piece_of(ENVELOPE).iov_base, ENVELOPE);
	put_on_wire(content, size);
	put_on_wire(piece_of(ENVELOPE).iov_base, ENVELOPE);
	for (size_t i = 0; i < STREAMS_MAX; i++)
		make_reader(i, sink, file, method);
	CHECK(all_run(STREAMS_MAX));
	CHECK(at(file) == 0);
	return true;
}

/* Many streams to as many */

#define RELAYS	((size_t)50)

/** Each stream has another part of the content, and another speed. */
static void
make_relay(size_t i, enum sort sort, enum zc_method method)
{
	struct stream *stream = &streams[i];
	size_t from = i * 4999;
	struct zc_request request;

	stream->flow = new_flow_of(sort, sort, from + 60000 + i * 2000);
	stream->flow.fed = (int64_t)from;
	stream->flow.expected = content + from;
	stream->flow.expected_size -= from;
	stream->pace = 40 * (i + 1);
	request = request_for(stream->flow.in, stream->flow.out, method);
	start_stream(i, &request);
	watch_check(stream->flow.in, i);
	watch(EPOLL_CTL_ADD, stream->flow.feed, EPOLLOUT, i, FEED);
}

static bool
relays(enum sort sort, enum zc_method method)
{
	begin_streams();
	for (size_t i = 0; i < RELAYS; i++)
		make_relay(i, sort, method);
	CHECK(all_run(RELAYS));
	return true;
}

int
main(void)
{
	begin();
	begin_text();
	srand(1);			/* the same pace in each run */
	CASE(serves_readers(SOCKET_END, sizeof(content), ZC_AUTO),
	    "epoll: one file arrives at 200 slow readers");
	CASE_BY(ZC_SPLICE, serves_readers(SOCKET_END, 300000, ZC_SPLICE),
	    "epoll: one file arrives at 200 slow readers by splice");
	CASE(serves_readers(SOCKET_END, 300000, ZC_READ_WRITE),
	    "epoll: one file arrives at 200 slow readers by read-write");
	CASE(serves_readers(TCP_END, 300000, ZC_AUTO),
	    "epoll: one file arrives at 200 slow readers over TCP");
	CASE_BY(ZC_SPLICE, relays(SOCKET_END, ZC_SPLICE),
	    "epoll: 50 sockets are moved to 50 others by splice");
	CASE(relays(SOCKET_END, ZC_READ_WRITE),
	    "epoll: 50 sockets are moved to 50 others by read-write");
	CASE_BY(ZC_SPLICE, relays(PIPE_END, ZC_SPLICE),
	    "epoll: 50 pipes are moved to 50 others by splice");
	finish();
	return 0;
}
