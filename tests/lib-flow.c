/*
 * The far ends of a job.
 */
#include "config.h"

#include "lib-hooks.h"

const char *const sort_names[ALL_SORTS] = { "file", "pipe", "socket", "TCP",
	"ring", "pipe and back", "records" };

void
make_pair(enum sort sort, int *in, int *out)
{
	int ends[2], least = 1;

	if (sort == TCP_END) {
		tcp_pair(in, out, 8192);
		fcntl(*in, F_SETFL, O_NONBLOCK);
		fcntl(*out, F_SETFL, O_NONBLOCK);
		return;
	}
	if (sort == PIPE_END ? pipe2(ends, O_NONBLOCK) < 0 :
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0)
		give_up("pair");
	*out = keep(ends[0]);
	*in = keep(ends[1]);
	if (sort == PIPE_END)
		fcntl(*in, F_SETPIPE_SZ, 4096);
	else
		setsockopt(*in, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
}

struct flow
new_flow_of(enum sort source, enum sort sink, size_t size)
{
	struct flow flow = { .in = -1, .feed = -1, .out = -1, .drain = -1,
		.source = source, .sink = sink, .size = size,
		.expected = content, .expected_size = size };

	if (is_hooks(source)) {
		flow.from = new_channel(source);
	} else if (source == FILE_END) {
		flow.in = file_of(content, size);
		flow.fed = (int64_t)size;
	} else {
		make_pair(source, &flow.feed, &flow.in);
	}
	if (is_hooks(sink))
		flow.to = new_channel(sink);
	else if (sink == FILE_END)
		flow.out = file_of("", 0);
	else
		make_pair(sink, &flow.out, &flow.drain);
	flow.in_flags = fcntl(flow.in, F_GETFL);
	flow.out_flags = fcntl(flow.out, F_GETFL);
	return flow;
}

struct flow
new_flow(enum sort source, enum sort sink)
{
	return new_flow_of(source, sink, sizeof(content));
}

struct zc_request
request_of(const struct flow *flow, enum zc_method method)
{
	struct zc_request request = request_for(flow->in, flow->out, method);

	if (flow->from != NULL)
		request.in_io = &flow->from->reader;
	if (flow->to != NULL)
		request.out_io = &flow->to->writer;
	return request;
}

bool
suits(enum sort source, enum sort sink, enum zc_method method)
{
	static const enum zc_kind kinds[ALL_SORTS] = { ZC_REGULAR, ZC_PIPE,
		ZC_SOCKET, ZC_SOCKET, ZC_HOOKS, ZC_HOOKS, ZC_HOOKS };
	const struct zc_ends ends = { .size = sizeof(ends), .in = kinds[source],
		.out = kinds[sink], .bytes = source == FILE_END ?
		(int64_t)sizeof(content) : -1 };
	struct zc_plan plan = ZC_PLAN_INIT;

	zc_plan(&plan, &ends, method, ZC_AUTO, 0);
	return plan.count > 0;
}

int64_t
queued(int fd)
{
	int bytes = 0;

	if (ioctl(fd, FIONREAD, &bytes) < 0)
		give_up("FIONREAD");
	return bytes;
}

int64_t
delivered(const struct flow *flow)
{
	if (flow->to != NULL)
		return flow->to->written;
	return flow->drain < 0 ? size_of(flow->out) :
	    flow->got + queued(flow->drain);
}

int64_t
taken(const struct flow *flow)
{
	if (flow->from != NULL)
		return flow->from->read;
	return flow->source == FILE_END ? at(flow->in) :
	    flow->fed - queued(flow->in);
}

/** Feed a channel.  It may have no room: then what it sent back was read. */
static bool
feed_channel(struct flow *flow, size_t most)
{
	size_t left = flow->size - (size_t)flow->fed;
	ssize_t n;

	CHECK(flow->from->finishes == 0);
	if (left == 0)
		return finish_channel(flow->from) == 0 || errno == EAGAIN;
	n = write_channel(flow->from, content + flow->fed,
	    left < most ? left : most);
	CHECK(n > 0 || errno == EAGAIN);
	flow->fed += n > 0 ? n : 0;
	return flush_channel(flow->from) == 0 || errno == EAGAIN;
}

bool
feed(struct flow *flow, size_t most)
{
	size_t left = flow->size - (size_t)flow->fed;
	ssize_t n;

	if (flow->from != NULL)
		return feed_channel(flow, most);
	CHECK(flow->feed >= 0);
	if (left == 0) {
		shut(flow->feed);
		flow->feed = -1;
		return true;
	}
	n = write(flow->feed, content + flow->fed, left < most ? left : most);
	CHECK(n > 0);
	flow->fed += n;
	return true;
}

bool
take(struct flow *flow, size_t most)
{
	static unsigned char data[65536];
	struct pollfd polled = { .fd = flow->drain, .events = POLLIN };
	ssize_t n;

	if (most > sizeof(data))
		most = sizeof(data);
	if (flow->to != NULL) {
		n = read_channel(flow->to, data, most);
		/* Part of a record: at least there is more room now. */
		if (n < 0 && errno == EAGAIN)
			return true;
	} else {
		CHECK(poll(&polled, 1, flow->sink == TCP_END ? 20000 : 0) == 1);
		n = read(flow->drain, data, most);
	}
	CHECK(n > 0);
	CHECK((size_t)(flow->got + n) <= flow->expected_size);
	CHECK(memcmp(data, flow->expected + flow->got, (size_t)n) == 0);
	flow->got += n;
	return true;
}

void
leave(struct flow *flow)
{
	if (flow->to != NULL)
		leave_channel(flow->to);
	else
		shut(flow->drain);
}

bool
serve(struct flow *flow, const struct zc_wait *wait)
{
	struct pollfd polled = { .fd = wait->fd, .events = wait->events };
	size_t most = (size_t)rand() % 40000 + 1;

	flow->waits++;
	if (flow->to != NULL && is_asked_for(&flow->to->writer_wait, wait))
		return take(flow, most);
	CHECK(flow->to == NULL || kept_by(flow->to) == 0);
	if (flow->from != NULL && is_asked_for(&flow->from->reader_wait, wait))
		return feed(flow, most);
	CHECK(wait->fd >= 0);
	if (wait->fd == flow->out) {
		CHECK(flow->sink == TCP_END || poll(&polled, 1, 0) == 0);
		CHECK(wait->events == POLLOUT && flow->drain >= 0);
		return take(flow, most);
	}
	CHECK(poll(&polled, 1, 0) == 0);
	CHECK(wait->fd == flow->in && wait->events == POLLIN);
	return feed(flow, most);
}

bool
has_arrived(const struct flow *flow, int64_t sent)
{
	int on_its_way = 0;
	int64_t there;

	if (flow->sink == TCP_END)
		ioctl(flow->out, SIOCOUTQ, &on_its_way);
	there = delivered(flow);
	CHECK(there <= sent && sent - there <= on_its_way);
	return true;
}

int64_t
sum_of(const struct zc_result *result)
{
	return result->header_bytes + result->bytes + result->trailer_bytes;
}

bool
is_exact(const struct flow *flow, const struct zc_job *job)
{
	const struct zc_result *result = zc_job_result(job);

	CHECK(has_arrived(flow, sum_of(result)));
	CHECK(flow->placed || taken(flow) >= result->bytes);
	CHECK(result->lost == 0);
	CHECK(flow->to == NULL ||
	    flow->to->finishes == (result->outcome == ZC_DONE));
	CHECK(fcntl(flow->in, F_GETFL) == flow->in_flags);
	CHECK(fcntl(flow->out, F_GETFL) == flow->out_flags);
	return true;
}

/** The end arrives only if the writer was finished. */
static bool
channel_is_complete(struct flow *flow)
{
	struct channel *to = flow->to;
	char byte;

	while (flush_channel(to) < 0) {
		CHECK(errno == EAGAIN);
		CHECK(take(flow, sizeof(content)));
	}
	if (to->finishes == 0)
		abandon_channel(to);
	while ((size_t)flow->got < flow->expected_size)
		CHECK(take(flow, sizeof(content)));
	if (read_channel(to, &byte, 1) == 0)
		return to->finishes == 1 || to->sort == TURNS_END;
	return to->finishes == 0 && errno == EPROTO;
}

bool
is_complete(struct flow *flow)
{
	struct pollfd polled = { .fd = flow->drain, .events = POLLIN };

	if (flow->to != NULL)
		return channel_is_complete(flow);
	if (flow->drain < 0)
		return size_of(flow->out) == (int64_t)flow->expected_size &&
		    holds(flow->out, 0, flow->expected, flow->expected_size);
	shut(flow->out);
	while ((size_t)flow->got < flow->expected_size)
		CHECK(take(flow, sizeof(content)));
	return poll(&polled, 1, 20000) == 1 &&
	    read(flow->drain, &(char){ 0 }, 1) == 0;
}
