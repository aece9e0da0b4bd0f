/*
 * The far ends of a job with several sinks.
 */
#include "config.h"

#include "lib-fan.h"

#define BEFORE		((size_t)1000)	/* bytes of the source's file before the
					   data */
#define ASIDE		55		/* a position that is not to be used */
#define EXPECTED_MAX	((size_t)4 << 20)

const char *const inlet_names[INLETS] = { "file", "file at offset", "pipe",
	"unix socket", "TCP" };
const char *const outlet_names[OUTLETS] = { "file", "file at offset",
	"appending file", "pipe", "unix socket", "TCP", "/dev/null" };

static unsigned char expected[OUTLETS_MAX][EXPECTED_MAX];

/* What files have before. */
static const unsigned char *const old = content + sizeof(content) - OLD;

void
fan_inlet(struct fan *fan, enum inlet_sort sort, size_t size)
{
	static const enum sort streams[] = { [PIPE_IN] = PIPE_END,
		[UNIX_IN] = SOCKET_END, [TCP_IN] = TCP_END };
	struct inlet *in = &fan->in;

	*fan = (struct fan){ .in = { .sort = sort, .feed = -1, .data = content,
		.size = size } };
	if (sort <= PLACED_IN) {
		in->fd = file_of(content, BEFORE);
		if (pwrite(in->fd, content, size, BEFORE) != (ssize_t)size)
			give_up("pwrite");
		in->from = in->told_from = BEFORE;
		in->fed = (int64_t)size;
		lseek(in->fd, sort == FILE_IN ? (off_t)BEFORE : ASIDE,
		    SEEK_SET);
	} else {
		make_pair(streams[sort], &in->feed, &in->fd);
	}
	in->flags = fcntl(in->fd, F_GETFL);
	fan->request = (struct zc_request)ZC_REQUEST_INIT(in->fd, -1);
	if (sort == PLACED_IN)
		fan->request.offset = in->from;
}

void
fan_put_on_disk(struct fan *fan)
{
	struct inlet *in = &fan->in;
	off_t position = lseek(in->fd, 0, SEEK_CUR);
	FILE *file = tmpfile();

	if (file == NULL)
		give_up("tmpfile");
	shut(in->fd);
	in->fd = keep(fcntl(fileno(file), F_DUPFD_CLOEXEC, 0));
	fclose(file);
	if (pwrite(in->fd, in->data, in->size, in->from) != (ssize_t)in->size)
		give_up("pwrite");
	lseek(in->fd, position, SEEK_SET);
	in->flags = fcntl(in->fd, F_GETFL);
	fan->request.in_fd = in->fd;
}

enum sort
fan_sort(enum outlet_sort sort)
{
	return sort == PIPE_OUT ? PIPE_END : sort == UNIX_OUT ? SOCKET_END :
	    sort == TCP_OUT ? TCP_END : FILE_END;
}

static int
old_file(struct outlet *out)
{
	int fd = file_of(old, OLD);

	out->from = OLD;
	if (out->sort == APPENDED_OUT)
		fcntl(fd, F_SETFL, O_APPEND | fcntl(fd, F_GETFL));
	else
		out->from = out->sort == PLACED_OUT ? 500 : 300;
	lseek(fd, out->sort == FILE_OUT ? out->from : ASIDE, SEEK_SET);
	return fd;
}

void
fan_expect(struct outlet *out, const void *data, size_t size)
{
	if (size > EXPECTED_MAX - out->expected_size)
		give_up("more than expected");
	memcpy(out->expected + out->expected_size, data, size);
	out->expected_size += size;
}

static void
expect_pieces(struct outlet *out, const struct iovec *piece, int count)
{
	for (int i = 0; i < count; i++)
		if (piece[i].iov_len > 0)
			fan_expect(out, piece[i].iov_base, piece[i].iov_len);
}

void
fan_outlet(struct fan *fan, enum outlet_sort sort, const struct zc_hdtr *hdtr)
{
	struct outlet *out = &fan->out[fan->count];
	struct zc_sink sink = ZC_SINK_INIT(-1);

	*out = (struct outlet){ .sort = sort, .drain = -1,
		.expected = expected[fan->count] };
	if (fan_sort(sort) != FILE_END)
		make_pair(fan_sort(sort), &out->fd, &out->drain);
	else if (sort == NULL_OUT)
		out->fd = keep(open("/dev/null", O_WRONLY));
	else
		out->fd = old_file(out);
	out->flags = fcntl(out->fd, F_GETFL);
	sink.fd = out->fd;
	sink.hdtr = hdtr;
	if (sort == PLACED_OUT)
		sink.offset = out->from;
	if (fan->count == 0) {
		fan->request.out_fd = sink.fd;
		fan->request.out_offset = sink.offset;
		fan->request.hdtr = hdtr;
	} else {
		fan->sinks[fan->count - 1] = sink;
		fan->request.sinks = fan->sinks;
		fan->request.sink_count = fan->count;
	}
	fan->count++;
	if (hdtr != NULL)
		expect_pieces(out, hdtr->headers, hdtr->hdr_cnt);
	fan_expect(out, fan->in.data, fan->in.size);
	if (hdtr != NULL)
		expect_pieces(out, hdtr->trailers, hdtr->trl_cnt);
}

void
fan_make(struct fan *fan, enum inlet_sort source, size_t size,
    enum zc_method method, const struct group *group)
{
	fan_inlet(fan, source, size);
	for (size_t i = 0; i < group->count; i++)
		fan_outlet(fan, group->sort[i], NULL);
	fan->request.method = method;
	fan->request.block_size = 30000;
}

/** True if some of a header or trailer was sent.  ZC_AUTO also skips holes of
 * the source, which have a place in it. */
static bool
is_wrapping(const struct zc_event *event)
{
	return event->method == ZC_AUTO && event->moved.in_from < 0;
}

static bool
is_next(const struct fan *fan, const struct outlet *out,
    const struct zc_event *event)
{
	const struct zc_moved *moved = &event->moved;

	CHECK(moved->length > 0);
	CHECK(moved->out_from == out->from + out->told);
	if (is_wrapping(event))
		CHECK(moved->in_from == -1 && event->bytes == out->told_data);
	else
		CHECK(moved->in_from == fan->in.told_from + out->told_data &&
		    event->bytes == out->told_data + moved->length);
	return true;
}

static int
on_event(const struct zc_event *event, void *arg)
{
	struct fan *fan = arg;
	struct outlet *out = &fan->out[event->sink];

	if (event->sink >= fan->count || event->plan == NULL)
		fan->wrong = true;
	out->plans += event->type == ZC_EVENT_PLAN;
	if (event->type == ZC_EVENT_DROPPED) {
		out->drops++;
		out->dropped = event->error;
	} else if (out->drops > 0) {
		fan->wrong = true;
	}
	if (event->type == ZC_EVENT_MOVED) {
		fan->wrong |= !is_next(fan, out, event);
		out->told += event->moved.length;
		if (!is_wrapping(event))
			out->told_data += event->moved.length;
	}
	return fan->wrong || ++fan->events == fan->stop_at;
}

void
fan_follow(struct fan *fan)
{
	fan->request.event = on_event;
	fan->request.arg = fan;
}

bool
fan_is_told(const struct fan *fan, size_t sink, const struct zc_result *result)
{
	CHECK(!fan->wrong);
	CHECK(fan->out[sink].told_data == result->bytes);
	CHECK(fan->out[sink].told == sum_of(result));
	return true;
}

bool
fan_suits(enum inlet_sort source, enum outlet_sort sink, enum zc_method method)
{
	static const enum zc_kind from[INLETS] = { ZC_REGULAR, ZC_REGULAR,
		ZC_PIPE, ZC_SOCKET, ZC_SOCKET };
	static const enum zc_kind to[OUTLETS] = { ZC_REGULAR, ZC_REGULAR,
		ZC_REGULAR, ZC_PIPE, ZC_SOCKET, ZC_SOCKET, ZC_NULL };
	const struct zc_ends ends = { .size = sizeof(ends),
		.in = from[source], .out = to[sink], .bytes = -1,
		.placed = sink == PLACED_OUT };
	struct zc_plan plan = ZC_PLAN_INIT;

	/* The kernel's own paths do not append. */
	if (sink == APPENDED_OUT && method != ZC_AUTO && method != ZC_MMAP &&
	    method != ZC_READ_WRITE)
		return false;
	zc_plan(&plan, &ends, method, ZC_AUTO, 0);
	return plan.count > 0;
}

int64_t
fan_taken(const struct inlet *in)
{
	return in->sort == FILE_IN ? at(in->fd) - in->from :
	    in->fed - queued(in->fd);
}

bool
fan_feed(struct inlet *in, size_t most)
{
	struct pollfd polled = { .fd = in->fd, .events = POLLIN };
	size_t left = in->size - (size_t)in->fed;
	ssize_t n;

	if (in->feed >= 0 && left == 0) {
		shut(in->feed);
		in->feed = -1;
		return true;
	}
	n = write(in->feed, in->data + in->fed, left < most ? left : most);
	/* With TCP, what was fed may still be on its way. */
	if (n < 0 && in->sort == TCP_IN) {
		CHECK(poll(&polled, 1, 20000) == 1);
		return true;
	}
	CHECK(n > 0);
	in->fed += n;
	return true;
}

bool
fan_drain(struct outlet *out, size_t most)
{
	unsigned char data[65536];		/* threads call this, too */
	struct pollfd polled = { .fd = out->drain, .events = POLLIN };
	ssize_t n;

	CHECK(poll(&polled, 1, out->sort == TCP_OUT ? 20000 : 0) == 1);
	n = read(out->drain, data, most < sizeof(data) ? most : sizeof(data));
	CHECK(n > 0);
	CHECK((size_t)(out->got + n) <= out->expected_size);
	CHECK(memcmp(data, out->expected + out->got, (size_t)n) == 0);
	out->got += n;
	return true;
}

/** True if the wait is for an end that is not ready, as it must be: else the
 * caller's loop would be busy.  With TCP that changes at any time. */
static bool
is_due(const struct zc_wait *wait, bool tcp)
{
	struct pollfd polled = { .fd = wait->fd, .events = wait->events };

	return tcp || poll(&polled, 1, 0) == 0;
}

bool
fan_serve(struct fan *fan, const struct zc_wait *waits, size_t count)
{
	size_t most = (size_t)rand() % 40000 + 1, done = 0;

	for (size_t w = 0; w < count; w++) {
		size_t i = 0;

		if (waits[w].fd < 0)
			continue;
		if (waits[w].fd == fan->in.fd) {
			CHECK(waits[w].events == POLLIN);
			CHECK(is_due(&waits[w], fan->in.sort == TCP_IN));
			CHECK(fan_feed(&fan->in, most));
			done++;
			continue;
		}
		while (i < fan->count && fan->out[i].fd != waits[w].fd)
			i++;
		CHECK(i < fan->count && waits[w].events == POLLOUT);
		if (fan->out[i].slow)
			continue;
		CHECK(is_due(&waits[w], fan->out[i].sort == TCP_OUT));
		CHECK(fan_drain(&fan->out[i], most));
		done++;
	}
	CHECK(done > 0);
	return true;
}

int
fan_run(struct fan *fan, struct zc_job *job)
{
	struct zc_wait waits[OUTLETS_MAX];

	while (zc_job_run(job, waits, fan->count) < 0) {
		if (errno != EAGAIN)
			return errno;
		if (!fan_serve(fan, waits, fan->count))
			return EDOM;
	}
	return 0;
}

/** True if the file is the old one, with `sum` expected bytes at `from`. */
static bool
file_has(const struct outlet *out, int64_t sum)
{
	int64_t end = out->from + sum, size = (int64_t)OLD;

	if (sum > 0 && end > size)
		size = end;
	CHECK(size_of(out->fd) == size);
	CHECK(holds(out->fd, 0, old, (size_t)out->from));
	CHECK(holds(out->fd, out->from, out->expected, (size_t)sum));
	CHECK(end >= (int64_t)OLD ||
	    holds(out->fd, end, old + end, OLD - (size_t)end));
	if (out->sort == PLACED_OUT)
		CHECK(at(out->fd) == ASIDE);
	if (out->sort == FILE_OUT)
		CHECK(at(out->fd) == end);
	return true;
}

bool
fan_has(const struct outlet *out, int64_t sum)
{
	int on_its_way = 0;
	int64_t there;

	CHECK(sum <= (int64_t)out->expected_size);
	if (out->sort == NULL_OUT)
		return true;
	if (out->drain < 0)
		return file_has(out, sum);
	if (out->sort == TCP_OUT)
		ioctl(out->fd, SIOCOUTQ, &on_its_way);
	there = out->got + queued(out->drain);
	CHECK(there <= sum && sum - there <= on_its_way);
	return true;
}

bool
fan_gets(struct outlet *out, int64_t sum)
{
	struct pollfd polled = { .fd = out->drain, .events = POLLIN };

	CHECK(fan_has(out, sum));
	if (out->drain < 0)
		return true;
	shut(out->fd);
	while (out->got < sum)
		CHECK(fan_drain(out, (size_t)(sum - out->got)));
	CHECK(poll(&polled, 1, 20000) == 1);
	CHECK(read(out->drain, &(char){ 0 }, 1) == 0);
	return true;
}

bool
fan_is_at(const struct inlet *in, int64_t bytes, int64_t lost)
{
	int on_its_way = 0;
	int64_t far;

	CHECK(in->sort > PLACED_IN || lost == 0);
	if (in->sort == PLACED_IN)
		return at(in->fd) == ASIDE;
	/* TCP may have more on its way to the source; nobody knows how much
	 * once the far end is closed. */
	if (in->sort == TCP_IN && in->feed >= 0)
		ioctl(in->feed, SIOCOUTQ, &on_its_way);
	far = fan_taken(in);
	CHECK(far >= bytes + lost);
	if (in->sort != TCP_IN || in->feed >= 0)
		CHECK(far - on_its_way <= bytes + lost);
	return true;
}

bool
fan_keeps_flags(const struct fan *fan)
{
	CHECK(fcntl(fan->in.fd, F_GETFL) == fan->in.flags);
	for (size_t i = 0; i < fan->count; i++)
		CHECK(fcntl(fan->out[i].fd, F_GETFL) == fan->out[i].flags);
	return true;
}

bool
fan_is_done(struct fan *fan, const struct zc_job *job, int64_t moved)
{
	const struct zc_result *total = zc_job_result(job);

	CHECK(total->outcome == ZC_DONE && total->error == 0);
	CHECK(total->bytes == moved && total->lost == 0);
	CHECK(zc_job_sink(job, fan->count) == NULL);
	for (size_t i = 0; i < fan->count; i++) {
		const struct zc_result *result = zc_job_sink(job, i);

		CHECK(result->outcome == ZC_DONE && result->error == 0);
		CHECK(result->bytes == moved && result->lost == 0);
		CHECK(sum_of(result) == (int64_t)fan->out[i].expected_size);
		CHECK(fan->request.event == NULL ||
		    fan_is_told(fan, i, result));
	}
	CHECK(fan_is_at(&fan->in, moved, 0));
	CHECK(fan_keeps_flags(fan));
	for (size_t i = 0; i < fan->count; i++)
		CHECK(fan_gets(&fan->out[i],
		    (int64_t)fan->out[i].expected_size));
	return true;
}
