/*
 * zc_sendfile(): FreeBSD's sendfile(2), whose callers rely on *sbytes.
 */
#include "config.h"

#include <sys/time.h>
#include <time.h>

#include "lib-signals.h"
#include "lib-wire.h"

#define DATA	((size_t)200 * 1000 + 1)

static const struct shape shapes[] = {
	{ "no header", .heads = 0 },
	{ "a header", { 70001 }, .heads = 1 },
	{ "a trailer", .tail = { 70001 }, .tails = 1 },
	{ "headers and trailers", { 0, 30000, 1, 60000 }, { 1, 50000, 0, 7 },
	    4, 4 },
};
#define PIECES	(&shapes[3])
#define SMALL	(&(const struct shape){ "few", { 10, 20 }, { 30, 5 }, 2, 2 })

static const enum sort sockets[] = { SOCKET_END, TCP_END };

struct call {
	struct flow flow;
	struct wrap wrap;
	int64_t sbytes;
};

/** Expect `bytes` of content from `offset` on, and header and trailer. */
static void
prepare(struct call *call, enum sort sink, const struct shape *shape,
    size_t offset, size_t bytes)
{
	*call = (struct call){ .sbytes = -1 };
	call->flow = new_flow_of(FILE_END, sink, DATA);
	wrap_as(&call->wrap, shape);
	expect(&call->flow, &call->wrap.hdtr, offset, bytes);
	lseek(call->flow.in, 4321, SEEK_SET);
}

static void
block(struct call *call)
{
	fcntl(call->flow.out, F_SETFL, 0);
}

/** Make a connection whose buffers take everything at once. */
static void
prepare_wide(struct call *call, const struct shape *shape, size_t offset,
    size_t bytes)
{
	prepare(call, TCP_END, shape, offset, bytes);
	shut(call->flow.out);
	shut(call->flow.drain);
	tcp_pair(&call->flow.out, &call->flow.drain, 1 << 20);
}

/** True if so much was sent, it is what is expected, and the file was not
 * moved. */
static bool
has_sent(struct call *call, int64_t sbytes)
{
	CHECK(call->sbytes == sbytes);
	CHECK(at(call->flow.in) == 4321);
	CHECK((size_t)sbytes <= call->flow.expected_size);
	call->flow.expected_size = (size_t)sbytes;
	return is_complete(&call->flow);
}

/* Ranges */

static const struct range {
	const char *name;
	int64_t offset;
	size_t nbytes, moved;
} ranges[] = {
	{ "nbytes 0 is all", 0, 0, DATA },
	{ "nbytes 0 is to the end", 123457, 0, DATA - 123457 },
	{ "a range", 4097, 100001, 100001 },
	{ "one byte", DATA - 1, 1, 1 },
	{ "the last byte", DATA - 1, 0, 1 },
	{ "more than there is", 4097, DATA, DATA - 4097 },
	{ "the most that there can be", 1, SIZE_MAX, DATA - 1 },
	{ "the end", DATA, 0, 0 },
	{ "a range at the end", DATA, 100, 0 },
	{ "an offset past the end", DATA + 1, 0, 0 },
	{ "a range past the end", DATA + 4097, 100, 0 },
	{ "the largest offset", INT64_MAX, SIZE_MAX, 0 },
};

static bool
sends(const struct range *range, const struct shape *shape)
{
	struct call call;
	struct wrap as_made;

	prepare_wide(&call, shape, range->moved > 0 ?
	    (size_t)range->offset : 0, range->moved);
	as_made = call.wrap;
	CHECK(zc_sendfile(call.flow.in, call.flow.out, range->offset,
	    range->nbytes, &call.wrap.hdtr, &call.sbytes, 0) == 0);
	CHECK(memcmp(&call.wrap, &as_made, sizeof(as_made)) == 0);
	return has_sent(&call, call.wrap.header + (int64_t)range->moved +
	    call.wrap.trailer);
}

static bool
needs_no_hdtr_and_no_sbytes(void)
{
	struct call call;

	prepare_wide(&call, &shapes[0], 0, DATA);
	CHECK(zc_sendfile(call.flow.in, call.flow.out, 0, 0, NULL, NULL,
	    0) == 0);
	call.sbytes = DATA;
	return has_sent(&call, DATA);
}

/* How callers continue */

struct sending {
	struct iovec head[5], tail[5];
	struct zc_hdtr hdtr;
	int64_t offset;
};

/** Advance these pieces past what was sent; return the rest of that. */
static int64_t
pass(struct iovec **piece, int *count, int64_t sent)
{
	while (*count > 0 && sent >= (int64_t)(*piece)->iov_len) {
		sent -= (int64_t)(*piece)->iov_len;
		(*piece)++;
		(*count)--;
	}
	if (*count > 0) {
		(*piece)->iov_base = (char *)(*piece)->iov_base + sent;
		(*piece)->iov_len -= (size_t)sent;
		sent = 0;
	}
	return sent;
}

static void
go_past(struct sending *sending, int64_t sent)
{
	struct zc_hdtr *hdtr = &sending->hdtr;
	int64_t left = (int64_t)DATA - sending->offset;

	sent = pass(&hdtr->headers, &hdtr->hdr_cnt, sent);
	sending->offset += sent < left ? sent : left;
	sent -= sent < left ? sent : left;
	pass(&hdtr->trailers, &hdtr->trl_cnt, sent);
}

static struct sending
sending_of(const struct wrap *wrap, int64_t offset)
{
	struct sending sending = { .hdtr = wrap->hdtr, .offset = offset };

	memcpy(sending.head, wrap->head, sizeof(sending.head));
	memcpy(sending.tail, wrap->tail, sizeof(sending.tail));
	return sending;
}

/** Send everything, from one EAGAIN to the next, by sbytes alone. */
static bool
goes_on(enum sort sink, const struct shape *shape, int64_t offset)
{
	struct call call;
	struct sending sending;
	int64_t sum = 0;
	unsigned times = 0;
	int done;

	prepare(&call, sink, shape, (size_t)offset, DATA - (size_t)offset);
	sending = sending_of(&call.wrap, offset);
	sending.hdtr.headers = sending.head;
	sending.hdtr.trailers = sending.tail;
	do {
		done = zc_sendfile(call.flow.in, call.flow.out,
		    sending.offset, 0, &sending.hdtr, &call.sbytes, 0);
		CHECK(done == 0 || errno == EAGAIN);
		sum += call.sbytes;
		CHECK(has_arrived(&call.flow, sum));
		go_past(&sending, call.sbytes);
		times += done < 0;
		CHECK(done == 0 || take(&call.flow,
		    (size_t)rand() % 40000 + 1));
	} while (done < 0);
	call.sbytes = sum;
	CHECK(times > 3);
	return has_sent(&call, (int64_t)wire_size);
}

/** A socket that is full from the start gives EAGAIN, and sbytes 0. */
static bool
says_that_it_is_full(enum sort sink)
{
	struct call call;
	int64_t before;

	prepare(&call, sink, PIECES, 0, DATA);
	CHECK(zc_sendfile(call.flow.in, call.flow.out, 0, 0, &call.wrap.hdtr,
	    &before, 0) < 0 && errno == EAGAIN);
	while (zc_sendfile(call.flow.in, call.flow.out, 0, 0,
	    &(struct zc_hdtr){ NULL, 0, NULL, 0 }, &call.sbytes, 0) < 0 &&
	    call.sbytes > 0)
		before += call.sbytes;
	CHECK(errno == EAGAIN && call.sbytes == 0);
	return has_arrived(&call.flow, before);
}

/* Signals and time-outs */

static bool
is_interrupted(enum sort sink, const struct shape *shape)
{
	struct call call;
	int error;

	prepare(&call, sink, shape, 0, DATA);
	block(&call);
	start_signals();
	error = zc_sendfile(call.flow.in, call.flow.out, 0, 0,
	    &call.wrap.hdtr, &call.sbytes, 0) < 0 ? errno : 0;
	stop_signals();
	CHECK(error == EINTR && signals > 0 && call.sbytes > 0);
	return has_sent(&call, call.sbytes);
}

/** Fill a socket until it takes nothing for a while, because TCP moves some
 * data on to the receiver. */
static int64_t
fill(struct call *call)
{
	struct pollfd polled = { call->flow.out, POLLOUT, 0 };
	int64_t sum = 0, sent;

	do {
		sent = 0;
		zc_sendfile(call->flow.in, call->flow.out, sum, 0, NULL,
		    &sent, 0);
		sum += sent;
	} while (sent > 0 || poll(&polled, 1, 50) > 0);
	return sum;
}

static bool
is_interrupted_when_full(enum sort sink, const struct shape *shape)
{
	struct call call;
	int64_t before;
	int error;

	prepare(&call, sink, shape, 0, DATA);
	expect(&call.flow, &(struct zc_hdtr){ NULL, 0, NULL, 0 }, 0, DATA);
	before = fill(&call);
	block(&call);
	start_signals();
	error = zc_sendfile(call.flow.in, call.flow.out, 0, 0,
	    &call.wrap.hdtr, &call.sbytes, 0) < 0 ? errno : 0;
	stop_signals();
	CHECK(error == EINTR && signals > 0 && call.sbytes == 0);
	call.sbytes = before;
	return has_sent(&call, before);
}

/** The first signal that comes while it is blocked ends it.  A signal may come
 * before that, but not each time. */
static bool
is_interrupted_once(enum sort sink, const struct shape *shape)
{
	for (int i = 0; i < 20; i++) {
		CHECK(is_interrupted(sink, shape));
		if (signals == 1)
			return true;
	}
	CHECK(signals == 1);
	return false;
}

static int64_t
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#define LIMIT	200			/* of SO_SNDTIMEO, in milliseconds */

/** Return how long it took, or -1 if the result is wrong. */
static int64_t
time_out(enum sort sink, const struct shape *shape)
{
	const struct timeval limit = { .tv_usec = LIMIT * 1000 };
	struct call call;
	int64_t since;
	int error;

	prepare(&call, sink, shape, 0, DATA);
	block(&call);
	setsockopt(call.flow.out, SOL_SOCKET, SO_SNDTIMEO, &limit,
	    sizeof(limit));
	since = milliseconds();
	error = zc_sendfile(call.flow.in, call.flow.out, 0, 0,
	    &call.wrap.hdtr, &call.sbytes, 0) < 0 ? errno : 0;
	since = milliseconds() - since;
	if (error != EAGAIN || call.sbytes <= 0 ||
	    !has_sent(&call, call.sbytes))
		return -1;
	return since;
}

/** True if it ends in time at least once in three tries, because the machine
 * may be busy.  sendfile(2) itself takes up to two time-outs (Linux 6.18):
 * after the first one it goes on with the rest of a chunk. */
static bool
times_out(enum sort sink, const struct shape *shape)
{
	int64_t took = 0;

	for (int i = 0; i < 3; i++) {
		took = time_out(sink, shape);
		CHECK(took >= LIMIT - 20);
		if (took < LIMIT * 2 + LIMIT / 2)
			return true;
	}
	printf("# took %lld ms\n", (long long)took);
	return false;
}

/* Errors */

enum thing {
	FILE_RO, FILE_WO, FILE_PATH, DIRECTORY, PIPE, ZEROS, ZEROS_WO,
	CLOSED, BAD,
	STREAM, TCP, DATAGRAM, RECORDS, UNCONNECTED, UNCONNECTED_UNIX,
	LISTENING, VISITED, REFUSED, SHUT
};

/** Make a listener with a client, or a client whose listener is gone. */
static int
listener_of(enum thing what)
{
	struct sockaddr_in address;
	int listener = listen_on(&address), client = -1;

	if (what == REFUSED)
		shut(listener);
	for (int i = 0; i < 2 && what != LISTENING; i++) {
		client = keep(socket(AF_INET, SOCK_STREAM, 0));
		if ((connect(client, (struct sockaddr *)&address,
		    sizeof(address)) < 0) != (what == REFUSED))
			give_up("connect");
	}
	return what == REFUSED ? client : listener;
}

static int
socket_of(enum thing what)
{
	static const int types[] = { [STREAM] = SOCK_STREAM,
		[DATAGRAM] = SOCK_DGRAM, [RECORDS] = SOCK_SEQPACKET,
		[SHUT] = SOCK_STREAM };
	int ends[2];

	if (socketpair(AF_UNIX, types[what], 0, ends) < 0)
		give_up("socketpair");
	keep(ends[1]);
	if (what == SHUT)
		shutdown(ends[0], SHUT_WR);
	return keep(ends[0]);
}

static int
thing(enum thing what)
{
	int near, far;

	switch (what) {
	case FILE_RO:	return another_of(file_of(content, 100), O_RDONLY);
	case FILE_WO:	return another_of(file_of(content, 100), O_WRONLY);
	case FILE_PATH:	return another_of(file_of(content, 100), O_PATH);
	case DIRECTORY:	return keep(open("/", O_RDONLY));
	case PIPE:
		make_pair(PIPE_END, &near, &far);
		return far;
	case ZEROS:	return keep(open("/dev/zero", O_RDWR));
	case ZEROS_WO:	return keep(open("/dev/zero", O_WRONLY));
	case CLOSED:	return 1000;
	case TCP:
		tcp_pair(&near, &far, 0);
		return near;
	case STREAM: case DATAGRAM: case RECORDS: case SHUT:
		return socket_of(what);
	case UNCONNECTED:	return keep(socket(AF_INET, SOCK_STREAM, 0));
	case UNCONNECTED_UNIX:	return keep(socket(AF_UNIX, SOCK_STREAM, 0));
	case LISTENING: case VISITED: case REFUSED:
		return listener_of(what);
	case BAD:	break;
	}
	return -1;
}

static struct iovec few = { text, 10 };
static struct iovec nowhere = { NULL, 10 };
static struct iovec endless = { text, SIZE_MAX / 2 + 1 };
static struct zc_hdtr header = { &few, 1, NULL, 0 };
static struct zc_hdtr missing = { NULL, 1, NULL, 0 };
static struct zc_hdtr negative = { &few, 1, &few, -1 };
static struct zc_hdtr no_text = { &few, 1, &nowhere, 1 };
static struct zc_hdtr too_long = { &endless, 1, NULL, 0 };

static const struct refusal {
	const char *what;
	enum thing fd, s;
	int64_t offset;
	struct zc_hdtr *hdtr;
	int flags, error;
} refusals[] = {
	{ "fd -1", BAD, STREAM, .error = EBADF },
	{ "fd that is closed", CLOSED, STREAM, .error = EBADF },
	{ "fd that is open for writing", FILE_WO, STREAM, .error = EBADF },
	{ "fd that is a device open for writing", ZEROS_WO, STREAM,
	    .error = EBADF },
	{ "fd with O_PATH", FILE_PATH, STREAM, .error = EBADF },
	{ "s -1", FILE_RO, BAD, .error = EBADF },
	{ "s that is closed", FILE_RO, CLOSED, .error = EBADF },
	{ "fd that is a directory", DIRECTORY, STREAM, .error = EINVAL },
	{ "fd that is a pipe", PIPE, STREAM, .error = EINVAL },
	{ "fd that is a socket", STREAM, TCP, .error = EINVAL },
	{ "fd that is a device", ZEROS, STREAM, .error = EINVAL },
	{ "a negative offset", FILE_RO, STREAM, -1, .error = EINVAL },
	{ "a negative offset and a header", FILE_RO, STREAM, -1, &header,
	    .error = EINVAL },
	{ "the least offset and a header", FILE_RO, TCP, INT64_MIN, &header,
	    .error = EINVAL },
	{ "an unknown flag", FILE_RO, STREAM, 0, &header, 2,
	    .error = EINVAL },
	{ "all flags", FILE_RO, TCP, 0, &header, -1, .error = EINVAL },
	{ "a datagram socket", FILE_RO, DATAGRAM, .error = EINVAL },
	{ "a socket of records", FILE_RO, RECORDS, .error = EINVAL },
	{ "no headers and a count", FILE_RO, STREAM, 0, &missing,
	    .error = EINVAL },
	{ "a negative count of trailers", FILE_RO, TCP, 0, &negative,
	    .error = EINVAL },
	{ "a trailer at NULL", FILE_RO, STREAM, 0, &no_text,
	    .error = EINVAL },
	{ "s that is a file", FILE_RO, FILE_RO, .error = ENOTSOCK },
	{ "s that is a pipe", FILE_RO, PIPE, .error = ENOTSOCK },
	{ "s that is a directory", FILE_RO, DIRECTORY, .error = ENOTSOCK },
	{ "s that is not connected", FILE_RO, UNCONNECTED, 0, &header,
	    .error = ENOTCONN },
	{ "s of unix that is not connected", FILE_RO, UNCONNECTED_UNIX,
	    .error = ENOTCONN },
	{ "s that listens", FILE_RO, LISTENING, 0, &header,
	    .error = ENOTCONN },
	{ "s that listens, and was connected to", FILE_RO, VISITED, 0,
	    &header, .error = ENOTCONN },
	{ "s whose connection was refused", FILE_RO, REFUSED, 0, &header,
	    .error = ENOTCONN },
	{ "s that was shut down", FILE_RO, SHUT, 0, &header,
	    .error = EPIPE },
	/* the last one, because sizes of 32-bit programs are too small */
	{ "a header of 2^63 bytes", FILE_RO, TCP, 0, &too_long,
	    .error = EINVAL },
};

static bool
is_refused(const struct refusal *refusal)
{
	int fd = thing(refusal->fd), s = thing(refusal->s);
	int64_t sbytes = -1;
	char byte;

	CHECK(zc_sendfile(fd, s, refusal->offset, 0, refusal->hdtr, &sbytes,
	    refusal->flags) < 0 && errno == refusal->error);
	CHECK(sbytes == 0);
	for (size_t i = 0; i < opened_count; i++)
		CHECK(recv(opened[i], &byte, 1, MSG_DONTWAIT) <= 0);
	return true;
}

/** The peer closes; with TCP that is a reset if it has not read everything. */
static bool
finds_the_peer_gone(enum sort sink, bool unread, const struct shape *shape)
{
	struct call call;
	struct pollfd polled;

	prepare(&call, sink, shape, 0, DATA);
	if (unread)
		CHECK(send(call.flow.out, "x", 1, 0) == 1);
	shut(call.flow.drain);
	polled = (struct pollfd){ call.flow.out, POLLIN, 0 };
	CHECK(poll(&polled, 1, 20000) == 1);
	block(&call);
	for (int i = 0; i < 100; i++)	/* TCP learns it from the peer */
		if (zc_sendfile(call.flow.in, call.flow.out, 0, 0,
		    &call.wrap.hdtr, &call.sbytes, 0) < 0)
			break;
	CHECK(errno == EPIPE || (sink == TCP_END && errno == ECONNRESET));
	CHECK(zc_sendfile(call.flow.in, call.flow.out, 0, 0,
	    &call.wrap.hdtr, &call.sbytes, 0) < 0);
	CHECK(errno == EPIPE && call.sbytes == 0);
	return at(call.flow.in) == 4321;
}

/** The peer goes away half way. */
static bool
counts_until_the_peer_went(enum sort sink)
{
	struct call call;
	int64_t sum = 0;

	prepare(&call, sink, PIECES, 0, DATA);
	CHECK(zc_sendfile(call.flow.in, call.flow.out, 0, 0, &call.wrap.hdtr,
	    &call.sbytes, 0) < 0 && errno == EAGAIN);
	sum = call.sbytes;
	CHECK(has_arrived(&call.flow, sum) && take(&call.flow, 1000));
	shut(call.flow.drain);
	CHECK(zc_sendfile(call.flow.in, call.flow.out, 0, 0, NULL,
	    &call.sbytes, 0) < 0);
	CHECK(errno == EPIPE || errno == ECONNRESET);
	return call.sbytes == 0;
}

/* Files */

static bool
sends_file(int fd, const void *data, size_t size, int flags)
{
	struct call call;

	prepare_wide(&call, SMALL, 0, 0);
	make_wire(&call.wrap.hdtr, data, size);
	call.flow.expected_size = wire_size;
	CHECK(zc_sendfile(fd, call.flow.out, 0, 0, &call.wrap.hdtr,
	    &call.sbytes, flags) == 0);
	return has_sent(&call, (int64_t)wire_size);
}

static bool
sends_from_tmpfs(int flags)
{
	int fd = keep(open("/dev/shm", O_TMPFILE | O_RDWR, 0600));

	CHECK(write(fd, content, DATA) == (ssize_t)DATA);
	return sends_file(fd, content, DATA, flags);
}

static bool
sends_from_procfs(void)
{
	int fd = keep(open("/proc/version", O_RDONLY));
	char version[1000];
	ssize_t size = pread(fd, version, sizeof(version), 0);

	CHECK(size > 0);
	return sends_file(fd, version, (size_t)size, 0);
}

/** A file of 5 GiB that is a hole, except for some data at `offset`. */
static bool
sends_from_afar(int64_t offset, size_t nbytes, size_t moved)
{
	const int64_t size = ((int64_t)5 << 30) + 100;
	struct call call;

	prepare_wide(&call, SMALL, 0, moved);
	CHECK(ftruncate(call.flow.in, 0) == 0);
	CHECK(ftruncate(call.flow.in, size) == 0);
	CHECK(pwrite(call.flow.in, content, moved, offset) == (ssize_t)moved);
	CHECK(zc_sendfile(call.flow.in, call.flow.out, offset, nbytes,
	    &call.wrap.hdtr, &call.sbytes, 0) == 0);
	return has_sent(&call, (int64_t)wire_size);
}

/** Two senders of one open file do not disturb each other. */
static bool
sends_in_turns(void)
{
	struct call first, second;

	prepare_wide(&first, PIECES, 0, DATA);
	prepare_wide(&second, PIECES, 0, DATA);
	second.flow.in = first.flow.in;
	CHECK(zc_sendfile(first.flow.in, first.flow.out, 0, 0,
	    &first.wrap.hdtr, &first.sbytes, 0) == 0);
	CHECK(zc_sendfile(second.flow.in, second.flow.out, 0, 0,
	    &second.wrap.hdtr, &second.sbytes, 0) == 0);
	return has_sent(&first, (int64_t)wire_size) &&
	    has_sent(&second, (int64_t)wire_size);
}

/* NODISKIO, on a disk */

static bool
is_in_memory(void *map, size_t size)
{
	unsigned char here[1000] = { 0 };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (mincore(map, size, here) < 0)
		give_up("mincore");
	for (size_t i = 0; i < (size + page - 1) / page; i++)
		if (here[i] & 1)
			return true;
	return false;
}

/** Drop the file from the page cache.  False if that is impossible. */
static bool
drop(int fd)
{
	void *map = mmap(NULL, DATA, PROT_READ, MAP_SHARED, fd, 0);
	bool there = true;

	if (map == MAP_FAILED)
		give_up("mmap");
	for (int i = 0; i < 100 && there; i++) {
		fsync(fd);
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		there = is_in_memory(map, DATA);
	}
	munmap(map, DATA);
	return !there;
}

/** Return a file that is not in memory, or -1 if all files here are. */
static int
cold_file(void)
{
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);

	if (fd >= 0 && write(fd, content, DATA) == (ssize_t)DATA && drop(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/** EBUSY comes after the header; the rest is sent when all is in memory. */
static bool
says_what_is_not_in_memory(int fd)
{
	static unsigned char data[DATA];
	struct call call;
	struct sending sending;
	int64_t sum;

	prepare_wide(&call, SMALL, 0, DATA);
	sending = sending_of(&call.wrap, 0);
	sending.hdtr.headers = sending.head;
	sending.hdtr.trailers = sending.tail;
	lseek(fd, 4321, SEEK_SET);
	CHECK(zc_sendfile(fd, call.flow.out, 0, 0, &sending.hdtr,
	    &call.sbytes, ZC_SF_NODISKIO) < 0 && errno == EBUSY);
	sum = call.sbytes;
	CHECK(sum == call.wrap.header && at(fd) == 4321);
	CHECK(held_back(call.flow.out) == 0);
	go_past(&sending, sum);
	CHECK(pread(fd, data, DATA, 0) == (ssize_t)DATA);
	CHECK(zc_sendfile(fd, call.flow.out, 0, 0, &sending.hdtr,
	    &call.sbytes, ZC_SF_NODISKIO) == 0);
	call.sbytes += sum;
	return has_sent(&call, (int64_t)wire_size);
}

static void
check_disk(void)
{
	const char *what = "NODISKIO: EBUSY, and what was sent";
	int fd = cold_file();

	if (fd < 0)
		report(true, "%s # SKIP all files here are in memory", what);
	else if (!has_tcp_info())
		report(true, "%s # SKIP needs TCP_INFO", what);
	else
		CASE(says_what_is_not_in_memory(fd), "%s", what);
	if (fd >= 0)
		close(fd);
}

/* All of them */

static void
check_departures(enum sort sink, const char *name)
{
	if (sink == TCP_END && !has_tcp_info()) {
		report(true, "%s: a peer that is gone # SKIP needs TCP_INFO",
		    name);
		return;
	}
	for (size_t i = 0; i < COUNT(shapes); i++) {
		CASE(finds_the_peer_gone(sink, false, &shapes[i]),
		    "%s, %s: EPIPE when the peer is gone", name,
		    shapes[i].name);
		CASE(finds_the_peer_gone(sink, true, &shapes[i]),
		    "%s, %s: EPIPE when the peer has read nothing", name,
		    shapes[i].name);
	}
	CASE(counts_until_the_peer_went(sink),
	    "%s: if the peer goes away half way, sbytes is exact", name);
}

static void
check_sink(enum sort sink)
{
	const char *name = sort_names[sink];

	for (size_t i = 0; i < COUNT(shapes); i++) {
		const char *shape = shapes[i].name;

		CASE(goes_on(sink, &shapes[i], 1),
		    "%s, %s: sbytes tells where to continue", name, shape);
		CASE(is_interrupted_when_full(sink, &shapes[i]),
		    "%s, %s: EINTR when nothing was sent", name, shape);
		CASE(is_interrupted_once(sink, &shapes[i]),
		    "%s, %s: one signal gives EINTR and what was sent", name,
		    shape);
		CASE(times_out(sink, &shapes[i]),
		    "%s, %s: SO_SNDTIMEO gives EAGAIN", name, shape);
	}
	CASE(says_that_it_is_full(sink), "%s: EAGAIN when nothing was sent",
	    name);
	check_departures(sink, name);
}

static void
check_files(void)
{
	const int64_t gib = (int64_t)1 << 30;

	CASE(sends_file(file_of("", 0), "", 0, 0), "an empty file is sent");
	CASE(sends_file(file_of(content, DATA), content, DATA,
	    ZC_SF_NODISKIO), "NODISKIO: a file in memory is sent");
	CASE(sends_from_tmpfs(0), "a file on tmpfs is sent");
	CASE(sends_from_tmpfs(ZC_SF_NODISKIO),
	    "NODISKIO: a file on tmpfs is sent");
	CASE(sends_from_procfs(), "a file of procfs is sent");
	CASE(sends_from_afar(2 * gib - 10, 10000, 10000),
	    "data around 2 GiB is sent");
	CASE(sends_from_afar(4 * gib - 10, 10000, 10000),
	    "data around 4 GiB is sent");
	CASE(sends_from_afar(5 * gib, 0, 100), "the end of 5 GiB is sent");
	CASE(sends_from_afar(5 * gib, 200, 100),
	    "a count past the end of 5 GiB sends the rest");
	CASE(sends_in_turns(), "two senders of one open file are independent");
}

int
main(void)
{
	begin();
	begin_text();
	srand(1);			/* the same waits in each run */
	for (size_t i = 0; i < COUNT(ranges) * COUNT(shapes); i++)
		CASE(sends(&ranges[i / COUNT(shapes)],
		    &shapes[i % COUNT(shapes)]), "%s, %s",
		    ranges[i / COUNT(shapes)].name,
		    shapes[i % COUNT(shapes)].name);
	CASE(needs_no_hdtr_and_no_sbytes(), "hdtr and sbytes may be NULL");
	for (size_t i = 0; i < COUNT(refusals) - (SIZE_MAX < INT64_MAX); i++)
		CASE(is_refused(&refusals[i]), "%s: %s, and nothing is sent",
		    refusals[i].what, strerror(refusals[i].error));
	for (size_t i = 0; i < COUNT(sockets); i++)
		check_sink(sockets[i]);
	check_files();
	check_disk();
	finish();
	return 0;
}
