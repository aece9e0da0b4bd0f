/*
 * zc_splice(): with a pipe it behaves as splice(2), to the errno.  From a file
 * to anything else it consumes exactly what was taken.
 */
#include "config.h"

#include <limits.h>

#include "lib-flow.h"
#include "lib-signals.h"

#define DATA	((size_t)300 * 1000 + 1)

/* With a pipe: compared with splice(2) on two equal pairs */

enum quirk {
	NONE, ENDED, FULL, NO_READER, APPEND, BAD_IN, BAD_OUT, CLOSED_IN,
	WRITE_ONLY, READ_ONLY, SAME_PIPE, DIRECTORY
};

#define HERE	ZC_CURRENT

static const struct scene {
	const char *what;
	size_t there;			/* bytes in a source that is a stream */
	int64_t offset;			/* HERE: NULL */
	size_t nbytes;
	unsigned flags;
	enum quirk quirk;
} scenes[] = {
	{ "all there is", 1000, HERE, 1000, .quirk = NONE },
	{ "some of it", 3000, HERE, 1234, .quirk = NONE },
	{ "more than there is", 1000, HERE, 1 << 20, .quirk = NONE },
	{ "more than 2 GiB", 1000, HERE, (size_t)3 << 30, .quirk = NONE },
	{ "the most there can be", 1000, HERE, SSIZE_MAX, .quirk = NONE },
	{ "nothing", 1000, HERE, 0, .quirk = NONE },
	{ "all flags", 1000, HERE, 1000, .flags = ZC_SPLICE_MOVE |
	    ZC_SPLICE_NONBLOCK | ZC_SPLICE_MORE | ZC_SPLICE_GIFT },
	{ "SPLICE_F_NONBLOCK", 1000, HERE, 1000, .flags = ZC_SPLICE_NONBLOCK },
	{ "an unknown flag", 1000, HERE, 1000, .flags = 16 },
	{ "an unknown flag, far out", 1000, HERE, 1000, .flags = 1u << 31 },
	{ "an empty source", 0, HERE, 1000, .quirk = NONE },
	{ "an empty source, SPLICE_F_NONBLOCK", 0, HERE, 1000, .flags =
	    ZC_SPLICE_NONBLOCK },
	{ "the end", 0, HERE, 1000, .quirk = ENDED },
	{ "the rest before the end", 700, HERE, 1000, .quirk = ENDED },
	{ "a full sink", 1000, HERE, 1000, .quirk = FULL },
	{ "a full sink, SPLICE_F_NONBLOCK", 1000, HERE, 1000, .flags =
	    ZC_SPLICE_NONBLOCK, .quirk = FULL },
	{ "a sink that is gone", 1000, HERE, 1000, .quirk = NO_READER },
	{ "offset 0", 1000, 0, 1000, .quirk = NONE },
	{ "an offset", 1000, 4097, 1000, .quirk = NONE },
	{ "an offset, and more than there is", 1000, DATA - 10, 4000, .quirk =
	    NONE },
	{ "an offset at the end", 1000, DATA, 1000, .quirk = NONE },
	{ "an offset past the end", 1000, DATA + 4096, 1000, .quirk = NONE },
	{ "an offset and a count over 2^63-1", 1000, 1, SSIZE_MAX, .quirk =
	    NONE },
	{ "a sink that appends", 1000, HERE, 1000, .quirk = APPEND },
	{ "source -1", 1000, HERE, 1000, .quirk = BAD_IN },
	{ "sink -1", 1000, HERE, 1000, .quirk = BAD_OUT },
	{ "a closed source", 1000, HERE, 1000, .quirk = CLOSED_IN },
	{ "a source open for writing", 1000, HERE, 1000, .quirk = WRITE_ONLY },
	{ "a sink open for reading", 1000, HERE, 1000, .quirk = READ_ONLY },
	{ "a pipe onto itself", 1000, HERE, 1000, .quirk = SAME_PIPE },
	{ "a directory", 1000, HERE, 1000, .quirk = DIRECTORY },
};

/** The state after a call. */
struct traces {
	ssize_t n;
	int error;
	int64_t offset, in_at, out_at, left;
	ssize_t got;
	unsigned char data[16384];
};

static ssize_t
plain_splice(int out, int in, int64_t *offset, size_t nbytes, unsigned flags)
{
	return splice(in, offset, out, NULL, nbytes, flags);
}

static void
stuff(int fd)
{
	static const char zeros[65536];

	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
}

static void
play(struct flow *flow, enum quirk quirk)
{
	if (quirk == ENDED && flow->feed >= 0)
		shut(flow->feed);
	if (quirk == ENDED && flow->feed < 0)
		lseek(flow->in, 0, SEEK_END);
	if (quirk == FULL && flow->drain >= 0)
		stuff(flow->out);
	if (quirk == NO_READER && flow->drain >= 0)
		shut(flow->drain);
	if (quirk == APPEND)
		fcntl(flow->out, F_SETFL, flow->out_flags | O_APPEND);
	if (quirk == BAD_IN)
		flow->in = -1;
	if (quirk == BAD_OUT)
		flow->out = -1;
	if (quirk == CLOSED_IN)
		flow->in = 1000;
	if (quirk == WRITE_ONLY && flow->source != SOCKET_END)
		flow->in = another_of(flow->in, O_WRONLY | O_NONBLOCK);
	if (quirk == READ_ONLY && flow->sink != SOCKET_END)
		flow->out = another_of(flow->out, O_RDONLY | O_NONBLOCK);
	if (quirk == SAME_PIPE && flow->source == PIPE_END)
		flow->out = flow->feed;
	if (quirk == DIRECTORY && flow->source == FILE_END)
		flow->in = keep(open("/", O_RDONLY));
}

static bool
leave_traces(struct traces *traces, enum sort source, enum sort sink,
    const struct scene *scene, ssize_t (*splices)(int, int, int64_t *, size_t,
    unsigned))
{
	struct flow flow = new_flow_of(source, sink, DATA);
	int64_t offset = scene->offset;

	CHECK(source == FILE_END || scene->there == 0 ||
	    feed(&flow, scene->there));
	play(&flow, scene->quirk);
	traces->n = splices(flow.out, flow.in, offset == HERE ? NULL :
	    &offset, scene->nbytes, scene->flags);
	traces->error = traces->n < 0 ? errno : 0;
	traces->offset = offset;
	traces->in_at = at(flow.in);
	traces->out_at = at(flow.out);
	if (ioctl(flow.in, FIONREAD, &traces->left) < 0)
		traces->left = -1;
	if (sink == FILE_END)
		traces->got = pread(flow.out, traces->data,
		    sizeof(traces->data), 0);
	else
		traces->got = read(flow.drain, traces->data,
		    sizeof(traces->data));
	shut_all();
	return true;
}

static bool
is_splice(enum sort source, enum sort sink, const struct scene *scene)
{
	static struct traces ours, plain;

	memset(&ours, 0, sizeof(ours));
	memset(&plain, 0, sizeof(plain));
	CHECK(leave_traces(&ours, source, sink, scene, zc_splice));
	CHECK(leave_traces(&plain, source, sink, scene, plain_splice));
	if (memcmp(&ours, &plain, sizeof(ours)) == 0)
		return true;
	printf("# returns %zd, %s; splice(2): %zd, %s\n", ours.n,
	    strerror(ours.error), plain.n, strerror(plain.error));
	printf("# offset %lld, positions %lld and %lld, left %lld, got %zd; "
	    "splice(2): %lld, %lld and %lld, %lld, %zd\n",
	    (long long)ours.offset, (long long)ours.in_at,
	    (long long)ours.out_at, (long long)ours.left, ours.got,
	    (long long)plain.offset, (long long)plain.in_at,
	    (long long)plain.out_at, (long long)plain.left, plain.got);
	return false;
}

/** True if it moves data: the comparison alone would not show that. */
static bool
moves(enum sort source, enum sort sink)
{
	static struct traces traces;

	CHECK(leave_traces(&traces, source, sink, &scenes[1], zc_splice));
	CHECK(traces.n == 1234 && traces.got == 1234);
	return memcmp(traces.data, content, 1234) == 0;
}

/* Without a pipe */

static void
set_up(struct flow *flow, enum sort sink, int64_t position)
{
	*flow = new_flow_of(FILE_END, sink, DATA);
	lseek(flow->in, position, SEEK_SET);
	flow->expected = content;
}

/** Move by position or by offset, to the end; what was consumed is what has
 * arrived. */
static bool
consumes_what_was_taken(enum sort sink, bool by_offset, size_t nbytes)
{
	struct flow flow;
	int64_t offset = 0, sum = 0;
	ssize_t n;
	unsigned waits = 0;

	set_up(&flow, sink, by_offset ? 777 : 0);
	while (sum < (int64_t)DATA) {
		n = zc_splice(flow.out, flow.in, by_offset ? &offset : NULL,
		    nbytes, ZC_SPLICE_MOVE);
		CHECK(n > 0 || (n < 0 && errno == EAGAIN));
		sum += n > 0 ? n : 0;
		CHECK(n <= (ssize_t)nbytes && has_arrived(&flow, sum));
		CHECK(by_offset ? offset == sum : at(flow.in) == sum);
		CHECK(!by_offset || at(flow.in) == 777);
		waits += n < 0;
		CHECK(n > 0 || take(&flow, (size_t)rand() % 40000 + 1));
	}
	CHECK(sink == FILE_END || waits > 3);
	CHECK(zc_splice(flow.out, flow.in, by_offset ? &offset : NULL, nbytes,
	    0) == 0);
	CHECK(offset == (by_offset ? (int64_t)DATA : 0));
	CHECK(fcntl(flow.out, F_GETFL) == flow.out_flags);
	return is_complete(&flow);
}

static bool
ends_at_once(enum sort sink, int64_t offset)
{
	struct flow flow;
	int64_t moved = offset;

	set_up(&flow, sink, 777);
	CHECK(zc_splice(flow.out, flow.in, &moved, 1000, 0) == 0);
	CHECK(moved == offset && at(flow.in) == 777);
	CHECK(lseek(flow.in, offset, SEEK_SET) == offset);
	CHECK(zc_splice(flow.out, flow.in, NULL, 1000, 0) == 0);
	return at(flow.in) == offset && delivered(&flow) == 0;
}

static bool
moves_nothing(enum sort sink)
{
	struct flow flow;
	int64_t offset = 5;

	set_up(&flow, sink, 777);
	CHECK(zc_splice(flow.out, flow.in, &offset, 0, 0) == 0);
	CHECK(zc_splice(flow.out, flow.in, NULL, 0, 0) == 0);
	return offset == 5 && at(flow.in) == 777 && delivered(&flow) == 0;
}

/** Nothing is consumed if the sink is gone. */
static bool
finds_the_sink_gone(enum sort sink, bool by_offset)
{
	struct flow flow;
	int64_t offset = 100;

	set_up(&flow, sink, 777);
	shut(flow.drain);
	if (sink == TCP_END) {		/* TCP learns it from the peer */
		struct pollfd polled = { flow.out, POLLERR, 0 };

		CHECK(write(flow.out, content, 1) == 1);
		CHECK(poll(&polled, 1, 20000) == 1);
		CHECK(write(flow.out, content, 1) == -1);
	}
	CHECK(zc_splice(flow.out, flow.in, by_offset ? &offset : NULL, 1000,
	    0) < 0 && errno == EPIPE);
	return offset == 100 && at(flow.in) == 777;
}

/** On a blocking socket that fills up, a signal makes the call return its
 * count, or EINTR if nothing was taken. */
static bool
is_interrupted(enum sort sink, bool by_offset)
{
	struct flow flow;
	int64_t offset = 0, sum = 0;
	ssize_t n;

	set_up(&flow, sink, by_offset ? 777 : 0);
	fcntl(flow.out, F_SETFL, 0);
	start_signals();
	do {
		n = zc_splice(flow.out, flow.in, by_offset ? &offset : NULL,
		    DATA, 0);
		sum += n > 0 ? n : 0;
	} while (n > 0 && sum < (int64_t)DATA);
	stop_signals();
	CHECK(n < 0 && errno == EINTR && signals > 0 && sum > 0);
	CHECK(by_offset ? offset == sum : at(flow.in) == sum);
	CHECK(!by_offset || at(flow.in) == 777);
	flow.expected_size = (size_t)sum;
	return is_complete(&flow);
}

/** From a file to a file, by their positions, or by an offset. */
static bool
copies(bool by_offset)
{
	struct flow flow;
	int64_t offset = 4097;

	set_up(&flow, FILE_END, by_offset ? 777 : 4097);
	CHECK(write(flow.out, "0123456789", 10) == 10);
	CHECK(zc_splice(flow.out, flow.in, by_offset ? &offset : NULL, 100000,
	    0) == 100000);
	CHECK(at(flow.in) == (by_offset ? 777 : 104097));
	CHECK(offset == (by_offset ? 104097 : 4097));
	CHECK(at(flow.out) == 100010);
	CHECK(holds(flow.out, 0, (const unsigned char *)"0123456789", 10));
	return holds(flow.out, 10, content + 4097, 100000);
}

/** Asked for the largest count, it moves all that there is. */
static bool
copies_all(void)
{
	struct flow flow;

	set_up(&flow, FILE_END, 0);
	CHECK(zc_splice(flow.out, flow.in, NULL, SSIZE_MAX, 0) > 0);
	CHECK(at(flow.in) == at(flow.out) && at(flow.in) > 0);
	return holds(flow.out, 0, content, (size_t)at(flow.in));
}

static bool
appends_nothing(void)
{
	struct flow flow;
	int64_t offset = 3;

	set_up(&flow, FILE_END, 777);
	fcntl(flow.out, F_SETFL, O_APPEND);
	CHECK(zc_splice(flow.out, flow.in, NULL, 1000, 0) < 0);
	CHECK(errno == EINVAL && at(flow.in) == 777);
	CHECK(zc_splice(flow.out, flow.in, &offset, 1000, 0) < 0);
	return errno == EINVAL && offset == 3 && size_of(flow.out) == 0;
}

/* Refusals without a pipe */

enum thing { FILE_RW, FILE_RO, FILE_WO, STREAM, DATAGRAM, ROOT, ZEROS, PIPE,
	BAD };

static int
thing(enum thing what)
{
	int ends[2];

	switch (what) {
	case FILE_RW:	return file_of(content, 5000);
	case FILE_RO:	return another_of(file_of(content, 5000), O_RDONLY);
	case FILE_WO:	return another_of(file_of(content, 5000), O_WRONLY);
	case STREAM: case DATAGRAM:
		if (socketpair(AF_UNIX, what == STREAM ? SOCK_STREAM :
		    SOCK_DGRAM, 0, ends) < 0)
			give_up("socketpair");
		if (write(keep(ends[1]), content, 100) != 100)
			give_up("write");
		return keep(ends[0]);
	case ROOT:	return keep(open("/", O_RDONLY));
	case ZEROS:	return keep(open("/dev/zero", O_RDWR));
	case PIPE:
		make_pair(PIPE_END, &ends[0], &ends[1]);
		return ends[0];
	case BAD:	break;
	}
	return -1;
}

static const struct refusal {
	const char *what;
	enum thing in, out;
	int64_t offset;
	unsigned flags;
	int error;
} refusals[] = {
	{ "a socket to a socket", STREAM, STREAM, HERE, 0, EINVAL },
	{ "a socket to a file", STREAM, FILE_RW, HERE, 0, EINVAL },
	{ "a device to a file", ZEROS, FILE_RW, HERE, 0, EINVAL },
	{ "a device to a socket", ZEROS, STREAM, HERE, 0, EINVAL },
	{ "a file to a datagram socket", FILE_RW, DATAGRAM, HERE, 0, EINVAL },
	{ "a directory to a file", ROOT, FILE_RW, HERE, 0, EINVAL },
	{ "an unknown flag", FILE_RW, STREAM, HERE, 16, EINVAL },
	{ "an unknown flag among others", FILE_RW, FILE_RW, HERE, 63, EINVAL },
	{ "a negative offset", FILE_RW, STREAM, -1, 0, EINVAL },
	{ "a negative offset, to a pipe", FILE_RW, PIPE, -1, 0, EINVAL },
	{ "the least offset but one", FILE_RW, FILE_RW, HERE + 1, 0, EINVAL },
	{ "a source of -1", BAD, FILE_RW, HERE, 0, EBADF },
	{ "a sink of -1", FILE_RW, BAD, HERE, 0, EBADF },
	{ "a source open for writing", FILE_WO, STREAM, HERE, 0, EBADF },
	{ "a sink open for reading", FILE_RW, FILE_RO, HERE, 0, EBADF },
	{ "a directory as sink", FILE_RW, ROOT, HERE, 0, EBADF },
};

static bool
is_refused(const struct refusal *refusal)
{
	int in = thing(refusal->in), out = thing(refusal->out);
	int64_t offset = refusal->offset;

	CHECK(zc_splice(out, in, offset == HERE ? NULL : &offset, 100,
	    refusal->flags) < 0 && errno == refusal->error);
	CHECK(offset == refusal->offset);
	CHECK(refusal->in != FILE_RW || at(in) == 0);
	CHECK(refusal->out != FILE_RW || size_of(out) == 5000);
	CHECK(refusal->in != STREAM || queued(in) == 100);
	return true;
}

static bool
refuses_the_least_offset(void)
{
	struct flow flow;
	int64_t offset = INT64_MIN;

	set_up(&flow, SOCKET_END, 777);
	CHECK(zc_splice(flow.out, flow.in, &offset, 100, 0) < 0);
	return errno == EINVAL && delivered(&flow) == 0;
}

/** After a thousand calls no more descriptors are open. */
static bool
leaks_nothing(enum sort sink)
{
	struct flow flow;
	int64_t offset = 0;
	int before;

	set_up(&flow, sink, 0);
	before = count_open();
	for (int i = 0; i < 1000; i++) {
		offset = 0;
		(void)zc_splice(flow.out, flow.in, &offset, 10000, 0);
		(void)zc_splice(flow.out, flow.out, NULL, 10000, 0);
	}
	return count_open() == before;
}

static void
check_pair(enum sort source, enum sort sink)
{
	CASE(moves(source, sink), "%s to %s: all data arrives",
	    sort_names[source], sort_names[sink]);
	for (size_t i = 0; i < COUNT(scenes); i++)
		CASE(is_splice(source, sink, &scenes[i]),
		    "%s to %s: as splice(2): %s", sort_names[source],
		    sort_names[sink], scenes[i].what);
}

static void
check_sink(enum sort sink)
{
	static const size_t sizes[] = { 1000, 65536, DATA * 2 };
	const char *name = sort_names[sink];

	for (size_t i = 0; i < COUNT(sizes) * 2; i++)
		CASE(consumes_what_was_taken(sink, i % 2, sizes[i / 2]),
		    "file to %s: exact %s, %zu bytes a call", name,
		    i % 2 ? "by offset" : "by position", sizes[i / 2]);
	CASE(ends_at_once(sink, DATA), "file to %s: returns 0 at the end",
	    name);
	CASE(ends_at_once(sink, DATA + 100000),
	    "file to %s: returns 0 past the end", name);
	CASE(moves_nothing(sink), "file to %s: nbytes 0 moves nothing", name);
	CASE(leaks_nothing(sink), "file to %s: nothing is left open", name);
	if (sink == FILE_END)
		return;
	CASE(is_interrupted(sink, false),
	    "file to %s: after a signal the position is exact", name);
	CASE(is_interrupted(sink, true),
	    "file to %s: after a signal the offset is exact", name);
	CASE(finds_the_sink_gone(sink, false),
	    "file to %s: after EPIPE the position stays", name);
	CASE(finds_the_sink_gone(sink, true),
	    "file to %s: after EPIPE the offset stays", name);
}

/** Where the system has no splice(2). */
static bool
is_missing(void)
{
	int64_t offset = 0;

	errno = 0;
	CHECK(zc_splice(file_of("", 0), file_of(content, 9), &offset, 9,
	    0) < 0);
	return errno == ENOSYS && offset == 0;
}

int
main(void)
{
	begin();
	if (!has_method(ZC_SPLICE)) {
		CASE(is_missing(), "without splice(2) it fails with ENOSYS");
		finish();
		return 0;
	}
	srand(1);			/* the same waits in each run */
	for (int i = 0; i < SORTS * SORTS; i++)
		if (i / SORTS == PIPE_END || i % SORTS == PIPE_END)
			check_pair((enum sort)(i / SORTS),
			    (enum sort)(i % SORTS));
	check_sink(FILE_END);
	check_sink(SOCKET_END);
	check_sink(TCP_END);
	CASE(copies(false), "file to file: copies by position");
	CASE(copies(true), "file to file: copies by offset");
	CASE(copies_all(), "file to file: the largest count moves everything");
	CASE(appends_nothing(), "file to file: O_APPEND is EINVAL");
	for (size_t i = 0; i < COUNT(refusals); i++)
		CASE(is_refused(&refusals[i]), "%s: %s", refusals[i].what,
		    strerror(refusals[i].error));
	CASE(refuses_the_least_offset(), "the smallest offset is EINVAL");
	finish();
	return 0;
}
