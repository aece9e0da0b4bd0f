/*
 * Jobs in several threads, and threads that disturb them: each job is as exact
 * as if it were alone, or ends with an error, and never hangs.
 *
 * A case opens everything before its threads begin, and each thread uses only
 * its own data, so that ThreadSanitizer reports nothing.
 */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "lib-flow.h"

#define THREADS_MAX	8
#define ROUNDS		6
#define MANY		200		/* disturbances, at least */

/** A transfer that one thread has to itself. */
struct worker {
	pthread_t thread;
	struct zc_request request;
	struct zc_result result;
	int error;
	int drain;			/* its far end; -1: it is a file */
	size_t offset, bytes, got;	/* of content */
	bool fine;
};

static struct worker workers[THREADS_MAX];
static atomic_bool over;		/* the transfer is */

static void
start(pthread_t *thread, void *(*body)(void *), void *arg)
{
	errno = pthread_create(thread, NULL, body, arg);
	if (errno != 0)
		give_up("pthread_create");
}

static void
end(pthread_t thread)
{
	errno = pthread_join(thread, NULL);
	if (errno != 0)
		give_up("pthread_join");
}

/* Threads that are independent */

/** Take what has arrived, which must be the next bytes. */
static bool
take_some(struct worker *worker)
{
	unsigned char data[16384];
	ssize_t n = read(worker->drain, data, sizeof(data));

	if (n <= 0)
		return false;
	if (worker->got + (size_t)n > worker->bytes || memcmp(data,
	    content + worker->offset + worker->got, (size_t)n) != 0)
		worker->fine = false;
	worker->got += (size_t)n;
	return true;
}

static int
on_wait(const struct zc_wait *wait, size_t count, void *arg)
{
	errno = EDOM;
	return count == 1 && wait->events == POLLOUT && take_some(arg) ? 0 : -1;
}

/** True if it is in the file.  It uses a buffer of this thread. */
static bool
has_written(const struct worker *worker)
{
	unsigned char data[16384];
	size_t got = 0;

	while (got < worker->bytes) {
		ssize_t n = pread(worker->request.out_fd, data, sizeof(data),
		    worker->request.out_offset + (off_t)got);

		if (n <= 0 || got + (size_t)n > worker->bytes || memcmp(data,
		    content + worker->offset + got, (size_t)n) != 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

static bool
moved_all(struct worker *worker)
{
	worker->result = (struct zc_result)ZC_RESULT_INIT;
	if (zc_transfer(&worker->request, &worker->result) < 0 ||
	    worker->result.bytes != (int64_t)worker->bytes)
		return false;
	if (worker->drain < 0)
		return has_written(worker) &&
		    ftruncate(worker->request.out_fd, 0) == 0;
	while (worker->got < worker->bytes && take_some(worker))
		continue;
	return worker->got == worker->bytes && worker->fine;
}

/** Make transfers by each method that suits the ends, several times. */
static void *
work(void *arg)
{
	struct worker *worker = arg;

	for (size_t i = 0; i < ROUNDS * in_place_count && worker->fine; i++) {
		enum zc_method method = in_place[i % in_place_count];

		if (method == ZC_COPY_FILE_RANGE && worker->drain >= 0)
			continue;
		if (method == ZC_SENDFILE && worker->drain < 0)
			continue;	/* nor does it write at an offset */
		worker->request.method = method;
		worker->got = 0;
		worker->fine = moved_all(worker);
	}
	return NULL;
}

/** Move part `i` of a file to a file of its own, or to a far end. */
static void
make_worker(size_t i, int in, enum sort sink)
{
	struct worker *worker = &workers[i];
	int out;

	*worker = (struct worker){ .drain = -1, .fine = true,
		.offset = i * 100001, .bytes = 600000 + i * 999 };
	if (sink == FILE_END)
		out = file_of("", 0);
	else
		make_pair(sink, &out, &worker->drain);
	worker->request = request_for(in, out, ZC_AUTO);
	worker->request.offset = (int64_t)worker->offset;
	worker->request.bytes = (int64_t)worker->bytes;
	if (sink == FILE_END)
		worker->request.out_offset = 12345;
	worker->request.wait = on_wait;
	worker->request.arg = worker;
}

static bool
all_work(size_t count)
{
	bool fine = true;

	for (size_t i = 0; i < count; i++)
		start(&workers[i].thread, work, &workers[i]);
	for (size_t i = 0; i < count; i++) {
		end(workers[i].thread);
		fine = fine && workers[i].fine;
	}
	return fine;
}

static bool
works_alone(size_t count)
{
	for (size_t i = 0; i < count; i++)
		make_worker(i, file_of(content, sizeof(content)),
		    (enum sort)(i % SORTS));
	return all_work(count);
}

static bool
shares_a_file(size_t count, enum sort sink)
{
	int file = file_of(content, sizeof(content));

	lseek(file, 77, SEEK_SET);
	for (size_t i = 0; i < count; i++)
		make_worker(i, file, sink);
	CHECK(all_work(count));
	CHECK(at(file) == 77);
	return true;
}

/* Another thread disturbs a job that blocks */

/** A transfer of everything, by a thread that blocks in the kernel. */
static void *
transfer(void *arg)
{
	struct worker *worker = arg;
	int done;

	worker->result = (struct zc_result)ZC_RESULT_INIT;
	done = zc_transfer(&worker->request, &worker->result);

	worker->error = done == 0 ? 0 : errno;
	atomic_store(&over, true);
	return NULL;
}

static struct worker *
start_transfer(int in, int out, int64_t bytes, enum zc_method method)
{
	struct worker *worker = &workers[0];

	*worker = (struct worker){ .drain = -1 };
	worker->request = request_for(in, out, method);
	worker->request.bytes = bytes;
	atomic_store(&over, false);
	return worker;
}

static void
let_block(int fd)
{
	fcntl(fd, F_SETFL, 0);
}

/** Read so much, as it arrives. */
static bool
read_some(int fd, size_t size)
{
	static unsigned char data[16384];
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, data, sizeof(data));

		CHECK(n > 0);
		CHECK(memcmp(data, content + got, (size_t)n) == 0);
		got += (size_t)n;
	}
	return true;
}

enum blow { CLOSE, SHUTDOWN_FAR, SHUTDOWN_NEAR };

static const char *const blows[] = { "closes the other end",
	"shuts down the other end", "shuts down this end" };

static void
strike(enum blow blow, int *near, int *far)
{
	if (blow == CLOSE)
		shut(*far);
	else if (blow == SHUTDOWN_FAR)
		shutdown(*far, SHUT_RDWR);
	else
		shutdown(*near, SHUT_RDWR);
}

/** If the sink goes away while a job waits for it, the job fails, and does not
 * hang. */
static bool
ends_with_its_sink(enum sort sink, enum blow blow, enum zc_method method)
{
	struct flow flow = new_flow(FILE_END, sink);
	struct worker *worker = start_transfer(flow.in, flow.out, ZC_TO_END,
	    method);
	bool got;

	let_block(flow.out);
	let_block(flow.drain);
	start(&worker->thread, transfer, worker);
	got = read_some(flow.drain, 100000);
	strike(blow, &flow.out, &flow.drain);
	end(worker->thread);
	CHECK(got);
	CHECK(worker->error == EPIPE || worker->error == ECONNRESET);
	CHECK(worker->result.outcome == ZC_FAILED);
	CHECK(worker->result.side == ZC_SINK && worker->result.lost == 0);
	CHECK(worker->result.bytes >= 100000);
	CHECK(worker->result.bytes < (int64_t)sizeof(content));
	CHECK(at(flow.in) == worker->result.bytes);
	return true;
}

/** If the source goes away while a job waits for it, all that it gave arrives,
 * and the job ends, with an error if the connection was reset. */
static bool
ends_with_its_source(enum sort source, enum blow blow, enum zc_method method)
{
	struct flow flow = new_flow(source, FILE_END);
	struct worker *worker = start_transfer(flow.in, flow.out, ZC_TO_END,
	    method);
	bool fed = true;

	let_block(flow.in);
	let_block(flow.feed);
	start(&worker->thread, transfer, worker);
	while (fed && flow.fed < 300000)
		fed = feed(&flow, 7000);
	while (queued(flow.in) > 0)
		sched_yield();
	strike(blow, &flow.in, &flow.feed);
	end(worker->thread);
	CHECK(fed && worker->error == 0);
	CHECK(worker->result.bytes == flow.fed);
	CHECK(is_content(flow.out, (size_t)flow.fed));
	return true;
}

/* A job whose file is disturbed */

static void *
seek(void *arg)
{
	int fd = *(int *)arg;

	for (int i = 0; i < MANY || !atomic_load(&over); i++) {
		lseek(fd, i % 7 * 50000, SEEK_SET);
		usleep(1);	/* the job must get a chance to run */
	}
	return NULL;
}

static void *
cut_and_mend(void *arg)
{
	int fd = *(int *)arg;

	for (int i = 0; i < MANY || !atomic_load(&over); i++)
		if (ftruncate(fd, i % 3 * 400000) < 0)
			give_up("ftruncate");
	return NULL;
}

/** Count what arrives. */
static void *
count_arriving(void *arg)
{
	struct worker *worker = arg;
	char data[16384];
	ssize_t n;

	while ((n = read(worker->drain, data, sizeof(data))) > 0)
		worker->got += (size_t)n;
	return NULL;
}

/** While another thread moves the position, or truncates the file, the job ends
 * with an exact count. */
static bool
bears_a_meddler(void *(*meddle)(void *), enum zc_method method)
{
	struct flow flow = new_flow(FILE_END, SOCKET_END);
	struct worker *worker = start_transfer(flow.in, flow.out, 5000000,
	    method);
	struct worker *reader = &workers[1];
	pthread_t meddler;

	let_block(flow.out);
	let_block(flow.drain);
	*reader = (struct worker){ .drain = flow.drain };
	start(&reader->thread, count_arriving, reader);
	start(&meddler, meddle, &flow.in);
	start(&worker->thread, transfer, worker);
	end(worker->thread);
	end(meddler);
	shut(flow.out);
	end(reader->thread);
	CHECK(worker->result.bytes == (int64_t)reader->got);
	CHECK(worker->result.bytes <= 5000000);
	CHECK(worker->result.outcome == ZC_DONE ||
	    worker->result.outcome == ZC_FAILED ||
	    worker->result.outcome == ZC_UNSUITED);
	return true;
}

/** A job with an offset does not depend on the position. */
static bool
ignores_the_position(enum zc_method method)
{
	struct flow flow = new_flow(FILE_END, FILE_END);
	struct worker *worker = start_transfer(flow.in, flow.out, ZC_TO_END,
	    method);
	pthread_t meddler;

	worker->request.offset = 0;
	worker->request.block_size = 5000;
	start(&meddler, seek, &flow.in);
	start(&worker->thread, transfer, worker);
	end(worker->thread);
	end(meddler);
	CHECK(worker->error == 0);
	CHECK(is_content(flow.out, sizeof(content)));
	return true;
}

static void
check_ends(enum zc_method method)
{
	const char *name = zc_method_name(method);

	for (int b = CLOSE; b <= SHUTDOWN_NEAR; b++) {
		CASE(ends_with_its_sink(SOCKET_END, (enum blow)b, method),
		    "threads: %s: one %s, a socket that is written", name,
		    blows[b]);
		if (method == ZC_AUTO || method == ZC_SPLICE ||
		    method == ZC_READ_WRITE)
			CASE(ends_with_its_source(SOCKET_END, (enum blow)b,
			    method), "threads: %s: one %s, a socket that is "
			    "read", name, blows[b]);
	}
	CASE(ends_with_its_sink(PIPE_END, CLOSE, method),
	    "threads: %s: one %s, a pipe that is written", name,
	    blows[CLOSE]);
}

static void
check_meddlers(enum zc_method method)
{
	const char *name = zc_method_name(method);

	if (method != ZC_COPY_FILE_RANGE) {
		check_ends(method);
		CASE(bears_a_meddler(seek, method),
		    "threads: %s: ends while the position is moved", name);
		CASE(bears_a_meddler(cut_and_mend, method),
		    "threads: %s: ends while the file is truncated", name);
	}
	CASE(ignores_the_position(method),
	    "threads: %s: an offset ignores the position", name);
}

int
main(void)
{
	begin();
	for (size_t count = 2; count <= THREADS_MAX; count *= 2) {
		CASE(works_alone(count),
		    "threads: %zu with a transfer each are exact", count);
		for (int sink = FILE_END; sink < SORTS; sink++)
			CASE(shares_a_file(count, (enum sort)sink),
			    "threads: %zu send from one open file to a %s each",
			    count, sort_names[sink]);
	}
	for (size_t m = 0; m < in_place_count; m++)
		check_meddlers(in_place[m]);
	finish();
	return 0;
}
