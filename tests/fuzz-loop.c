/*
 * A fuzzer for the copy loop.  An input is a transfer, followed by a script of
 * faults: what each system call of the engine does, in turn.  Whatever it is,
 *
 *	- each sink got a prefix of what it was to get, and the result counts
 *	  exactly those bytes,
 *	- the job is done only if every sink got all of it,
 *	- no byte is lost that could be put back, and those that are lost are
 *	  counted.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput(); see scripts/matrix, step `fuzz`.
 * Without it, fuzz-main.c calls it with inputs made from a seed.
 */
#include "config.h"

/* It turns functions that stand here into inline functions. */
#undef _FORTIFY_SOURCE

#include <poll.h>

#include "lib-job.h"
#include "lib-faults.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SINKS = 4, WIRE = 256 * 1024, TURNS = 20000, SOURCE_MAX = 50000 };

enum sort { A_FILE, A_PIPE, A_SOCKET, SORTS };

/* The bytes of the input that are not used yet. */
static const uint8_t *script, *script_end;

static uint8_t
next_byte(void)
{
	return script < script_end ? *script++ : 0;
}

static size_t
next_size(size_t most)
{
	size_t high = next_byte();

	return (high << 8 | next_byte()) % (most + 1);
}

/** The far end of a sink, and what has come there. */
struct far {
	enum sort sort;
	int fd, drain;			/* drain: -1 for a file */
	size_t old;			/* bytes that a file has already */
	unsigned char *got;
	size_t got_size;
	unsigned char *wanted;
	size_t wanted_size;
	unsigned char header[64], trailer[64];
	struct iovec head, tail;
	struct zc_hdtr hdtr;
};

static struct {
	struct zc_request request;
	struct zc_sink more[SINKS];
	struct far far[SINKS];
	size_t sinks;
	enum sort source;
	int in, feed;
	size_t size, fed;		/* of the source; fed: by now */
	size_t from;			/* where the range begins */
	unsigned char image[SOURCE_MAX];	/* what the source has */
} trip;

/* Faults */

static const int errors[] = { EINTR, EAGAIN, EINVAL, EIO, ENOSPC, ENOMEM,
	EPIPE, ENOSYS, EOPNOTSUPP, ECONNRESET, EPERM, EFBIG };

static bool
is_sink(int fd)
{
	for (size_t i = 0; i < trip.sinks; i++)
		if (trip.far[i].fd == fd)
			return true;
	return false;
}

int
judge(struct made *made)
{
	uint8_t byte = next_byte();

	if (made->in != trip.in && made->out != trip.in && !is_sink(made->in) &&
	    !is_sink(made->out) && made->call != SPLICE && made->call != TEE &&
	    made->call != PIPE2)
		return PASS;
	if (byte < 128)
		return PASS;
	if (byte < 176) {		/* come short */
		size_t most = (size_t)(byte - 127) * 37;

		if (made->size > most)
			made->size = most;
		return PASS;
	}
	if (byte < 184) {
		/* A 0 of read(2), or from a pipe, is the end, by
		 * definition. */
		if (made->in == trip.in && (trip.source == A_PIPE ||
		    made->call == READ || made->call == PREAD ||
		    made->call == PREADV2))
			return PASS;
		return made->size > 0 ? ZERO : PASS;
	}
	return errors[byte % COUNT(errors)];
}

void
came_to(ssize_t n)
{
	(void)n;
}

/** Return 0 to make a call about holes, or the errno that it fails with. */
static int
judge_hole(void)
{
	uint8_t byte = armed ? next_byte() : 0;

	return byte < 128 ? 0 : errors[byte % COUNT(errors)];
}

/** Also tell nonsense, of a kind that can be noticed. */
off_t
lseek(int fd, off_t offset, int whence)
{
	if (whence == SEEK_DATA || whence == SEEK_HOLE) {
		int error = judge_hole();

		errno = error;
		if (error == EIO || error == EPERM)
			return error == EIO ? 0 : offset / 2;
		if (error != 0)
			return -1;
	}
	return NEXT(lseek, RENAMED("lseek", "lseek64"))(fd, offset, whence);
}

int
fallocate(int fd, int mode, off_t offset, off_t size)
{
	errno = judge_hole();
	return errno != 0 ? -1 : NEXT(fallocate, RENAMED("fallocate",
	    "fallocate64"))(fd, mode, offset, size);
}

int
ftruncate(int fd, off_t size)
{
	errno = judge_hole();
	return errno != 0 ? -1 : NEXT(ftruncate, RENAMED("ftruncate",
	    "ftruncate64"))(fd, size);
}

/* The transfer */

static void
pair(enum sort sort, int *near, int *far, bool source)
{
	int fds[2];

	if (sort == A_PIPE) {
		if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0)
			give_up("pipe2");
		*near = fds[source ? 0 : 1];
		*far = fds[source ? 1 : 0];
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0)
		give_up("socketpair");
	*near = fds[0];
	*far = fds[1];
}

static void
feed(void)
{
	while (trip.feed >= 0 && trip.fed < trip.size) {
		ssize_t n = write(trip.feed, trip.image + trip.fed,
		    trip.size - trip.fed);

		if (n <= 0)
			return;
		trip.fed += (size_t)n;
	}
	if (trip.feed >= 0)
		close(trip.feed);
	trip.feed = -1;
}

static void
drain(struct far *far)
{
	ssize_t n = 1;

	while (far->drain >= 0 && n > 0 && far->got_size < WIRE) {
		n = read(far->drain, far->got + far->got_size,
		    WIRE - far->got_size);
		if (n > 0)
			far->got_size += (size_t)n;
	}
}

/** Make zeros of some of the image and, in a file, holes of them. */
static void
make_zeros(void)
{
	for (size_t left = next_byte() % 4; left > 0 && trip.size > 0; left--) {
		size_t at = next_size(trip.size - 1);
		size_t size = 1 + next_size(trip.size - 1 - at);

		if (next_byte() & 1)		/* the rest of it */
			size = trip.size - at;
		memset(trip.image + at, 0, size);
		if (trip.source == A_FILE && fallocate(trip.in,
		    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at,
		    (off_t)size) < 0)
			give_up("fallocate");
	}
}

static void
set_source(void)
{
	trip.source = (enum sort)(next_byte() % SORTS);
	trip.size = next_size(SOURCE_MAX);
	memcpy(trip.image, content, trip.size);
	trip.in = trip.feed = -1;
	trip.fed = 0;
	trip.from = 0;
	if (trip.source != A_FILE) {
		pair(trip.source, &trip.in, &trip.feed, true);
		make_zeros();
		if (next_byte() & 1)
			feed();
		return;
	}
	trip.in = memfd_create("source", MFD_CLOEXEC);
	if (trip.in < 0 ||
	    write(trip.in, content, trip.size) != (ssize_t)trip.size)
		give_up("memfd");
	make_zeros();
	trip.from = trip.size > 0 ? next_size(trip.size) : 0;
	lseek(trip.in, (off_t)trip.from, SEEK_SET);
}

/** Make a file that may have old bytes, which are all 'o'. */
static void
set_file(struct far *far)
{
	far->fd = memfd_create("sink", MFD_CLOEXEC);
	far->old = next_byte() & 1 ? next_size(60000) : 0;
	memset(far->got, 'o', far->old);
	if (far->fd < 0 || pwrite(far->fd, far->got, far->old, 0) !=
	    (ssize_t)far->old)
		give_up("memfd");
}

static void
set_sink(struct far *far)
{
	*far = (struct far){ .sort = (enum sort)(next_byte() % SORTS),
		.drain = -1, .got = malloc(WIRE), .wanted = malloc(WIRE) };
	if (far->got == NULL || far->wanted == NULL)
		give_up("malloc");
	if (far->sort == A_FILE)
		set_file(far);
	else
		pair(far->sort, &far->fd, &far->drain, false);
	memset(far->header, 'h', sizeof(far->header));
	memset(far->trailer, 't', sizeof(far->trailer));
	far->head = (struct iovec){ far->header, next_byte() & 63 };
	far->tail = (struct iovec){ far->trailer, next_byte() & 63 };
	far->hdtr = (struct zc_hdtr){ &far->head, 1, &far->tail, 1 };
}

/** Return how many bytes of data there are to move. */
static size_t
data_size(void)
{
	size_t there = trip.size - trip.from;

	if (trip.request.bytes == ZC_TO_END ||
	    (size_t)trip.request.bytes > there)
		return there;
	return (size_t)trip.request.bytes;
}

static void
expect(struct far *far)
{
	size_t data = data_size();

	memcpy(far->wanted, far->header, far->head.iov_len);
	memcpy(far->wanted + far->head.iov_len, trip.image + trip.from, data);
	memcpy(far->wanted + far->head.iov_len + data, far->trailer,
	    far->tail.iov_len);
	far->wanted_size = far->head.iov_len + data + far->tail.iov_len;
}

/** Return a flag about holes, or 0.  Pipes and sockets can have none. */
static unsigned
hole_flags(void)
{
	static const unsigned flags[] = { ZC_KEEP_HOLES, ZC_FILL_HOLES,
		ZC_MAKE_HOLES, ZC_MAKE_HOLES | ZC_KEEP_HOLES };
	unsigned chosen = next_byte() & 1 ? flags[next_byte() %
	    COUNT(flags)] : 0;

	for (size_t i = 0; i < trip.sinks; i++)
		if (trip.far[i].sort != A_FILE)
			chosen &= ~(unsigned)ZC_MAKE_HOLES;
	return chosen;
}

static void
set_request(void)
{
	static const size_t blocks[] = { 0, 1000, 4096, 7 };
	struct zc_request *request = &trip.request;

	*request = (struct zc_request)ZC_REQUEST_INIT(trip.in, trip.far[0].fd);
	request->hdtr = &trip.far[0].hdtr;
	request->method = (enum zc_method)(next_byte() % ZC_METHODS);
	if (next_byte() & 1)
		request->method = ZC_AUTO;
	request->flags = next_byte() &
	    (ZC_EXACT | ZC_STABLE | ZC_DROP_SINKS);
	request->flags |= hole_flags();
	request->block_size = blocks[next_byte() % COUNT(blocks)];
	request->pipe_size = next_byte() & 1 ? 4096 : 0;
	request->bytes = next_byte() & 1 ? ZC_TO_END :
	    (int64_t)next_size(60000);
	for (size_t i = 1; i < trip.sinks; i++) {
		trip.more[i - 1] = (struct zc_sink)ZC_SINK_INIT(trip.far[i].fd);
		trip.more[i - 1].hdtr = &trip.far[i].hdtr;
	}
	request->sinks = trip.more;
	request->sink_count = trip.sinks - 1;
	for (size_t i = 0; i < trip.sinks; i++)
		expect(&trip.far[i]);
}

/* The model */

#define MUST(claim)							\
	do {								\
		if (!(claim))						\
			fail(#claim);					\
	} while (0)

_Noreturn static void
fail(const char *claim)
{
	static const char *const sorts[] = { "file", "pipe", "socket" };
	const struct zc_request *request = &trip.request;

	fprintf(stderr, "not so: %s\n%s of %zu bytes, from %zu, %lld of them, "
	    "%s, flags %u, block %zu, pipe %zu\n", claim, sorts[trip.source],
	    trip.size, trip.from, (long long)request->bytes,
	    zc_method_name(request->method), request->flags,
	    request->block_size, request->pipe_size);
	for (size_t i = 0; i < trip.sinks; i++) {
		const struct far *far = &trip.far[i];
		size_t same = 0;

		while (same < far->got_size && far->got[same] ==
		    far->wanted[same])
			same++;
		fprintf(stderr, "to a %s: header %zu, trailer %zu; got %zu of "
		    "%zu, the same up to %zu\n", sorts[far->sort],
		    far->head.iov_len, far->tail.iov_len, far->got_size,
		    far->wanted_size, same);
	}
	abort();
}

/** Read back what a file got. */
static void
read_back(struct far *far)
{
	if (far->sort == A_FILE)
		far->got_size = (size_t)pread(far->fd, far->got, WIRE, 0);
	else
		drain(far);
}

/** Check what a file still has of its old bytes, behind the new ones. */
static void
leave_out_old(struct far *far, size_t sum)
{
	if (far->old <= sum)
		return;
	MUST(far->got_size == far->old);
	for (size_t i = sum; i < far->old; i++)
		MUST(far->got[i] == 'o');
	far->got_size = sum;
}

static void
check_sink(const struct zc_result *result, struct far *far)
{
	int64_t sum = result->header_bytes + result->bytes +
	    result->trailer_bytes;

	leave_out_old(far, (size_t)sum);
	MUST((int64_t)far->got_size == sum);
	MUST(far->got_size <= far->wanted_size);
	MUST(memcmp(far->got, far->wanted, far->got_size) == 0);
	if (result->outcome != ZC_DONE)
		return;
	MUST(far->got_size == far->wanted_size);
	if ((trip.request.flags & ZC_EXACT) && trip.request.bytes != ZC_TO_END)
		MUST(result->bytes == trip.request.bytes);
}

/** Return how many bytes have been taken from a stream. */
static int64_t
taken(void)
{
	int64_t left = 0;
	char data[4096];
	ssize_t n;

	while ((n = read(trip.in, data, sizeof(data))) > 0)
		left += n;
	return (int64_t)trip.fed - left;
}

static void
check_source(const struct zc_result *result, int64_t most)
{
	if (trip.source != A_FILE) {
		MUST(taken() == most + result->lost);
		return;
	}
	/* The position is behind what every sink got that did not fail. */
	MUST(result->lost == 0);
	MUST(lseek(trip.in, 0, SEEK_CUR) == (off_t)trip.from + result->bytes);
}

static void
check(int done, struct zc_job *job)
{
	const struct zc_result *result = zc_job_result(job);
	int64_t most = 0;

	MUST((done == 0) == (result->outcome == ZC_DONE));
	for (size_t i = 0; i < trip.sinks; i++) {
		const struct zc_result *of_sink = zc_job_sink(job, i);

		read_back(&trip.far[i]);
		check_sink(of_sink, &trip.far[i]);
		if (done == 0)
			MUST(of_sink->outcome == ZC_DONE);
		if (of_sink->bytes > most)
			most = of_sink->bytes;
	}
	check_source(result, most);
}

static int
run_job(struct zc_job *job)
{
	struct zc_wait waits[SINKS];
	int done = -1;

	for (int turn = 0; turn < TURNS; turn++) {
		armed = true;
		done = zc_job_run(job, waits, SINKS);
		armed = false;
		if (done == 0 || errno != EAGAIN)
			return done;
		feed();
		for (size_t i = 0; i < trip.sinks; i++)
			drain(&trip.far[i]);
	}
	fail("it comes to an end");
	return done;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool known;		/* content */
	struct zc_job *job;

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; !known && i < sizeof(content); i++)
		content[i] = (unsigned char)((i + 1) * 2654435761u >> 13);
	known = true;
	script = data;
	script_end = data + size;
	trip.sinks = 1 + next_byte() % SINKS;
	set_source();
	for (size_t i = 0; i < trip.sinks; i++)
		set_sink(&trip.far[i]);
	set_request();
	job = zc_job_new(&trip.request);
	MUST(job != NULL);
	check(run_job(job), job);
	zc_job_free(job);
	close(trip.in);
	if (trip.feed >= 0)
		close(trip.feed);
	for (size_t i = 0; i < trip.sinks; i++) {
		close(trip.far[i].fd);
		if (trip.far[i].drain >= 0)
			close(trip.far[i].drain);
		free(trip.far[i].got);
		free(trip.far[i].wanted);
	}
	return 0;
}
