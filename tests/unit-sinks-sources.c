/*
 * Several sinks, and sources that are read once for all of them because each
 * read(2) may say something else.
 */
#include "config.h"

#include "lib-job.h"

enum { SINKS = 2, SIZE = 5000 };

/* A source that says once that it is busy. */

static struct {
	bool busy;			/* the next call fails with EBUSY */
	size_t at;			/* of content */
} tape;

static ssize_t
play(void *arg, const struct iovec *view, int count, struct zc_wait *wait)
{
	size_t size = SIZE - tape.at;

	(void)arg;
	(void)count;
	(void)wait;
	if (tape.busy) {
		tape.busy = false;
		errno = EBUSY;
		return -1;
	}
	if (size > view->iov_len)
		size = view->iov_len;
	memcpy(view->iov_base, content + tape.at, size);
	tape.at += size;
	return (ssize_t)size;
}

static const struct zc_io hooks = { .size = sizeof(hooks), .readv = play };

/** ZC_NODISKIO is about files: EBUSY from the caller's function is an error. */
static bool
fails_if_busy(size_t sinks, unsigned flags)
{
	int out[SINKS] = { file_of("", 0), file_of("", 0) };
	struct zc_request request = request_for(-1, out[0], ZC_AUTO);
	struct zc_sink more = ZC_SINK_INIT(out[1]);
	struct zc_result result = ZC_RESULT_INIT;

	tape.busy = true;
	tape.at = 0;
	request.in_io = &hooks;
	request.flags = flags;
	request.sinks = &more;
	request.sink_count = sinks - 1;
	CHECK(zc_transfer(&request, &result) < 0 && errno == EBUSY);
	CHECK(result.outcome == ZC_FAILED && result.side == ZC_SOURCE);
	return size_of(out[0]) == 0 && size_of(out[1]) == 0;
}

/** Each reader of this file gets other data. */
static bool
reads_a_kernel_file_once(void)
{
	int in = keep(open("/proc/sys/kernel/random/uuid", O_RDONLY));
	int out[SINKS] = { file_of("", 0), file_of("", 0) };
	struct zc_request request = request_for(in, out[0], ZC_AUTO);
	struct zc_sink more = ZC_SINK_INIT(out[1]);
	struct zc_result result = ZC_RESULT_INIT;
	unsigned char data[100];
	ssize_t n;

	request.sinks = &more;
	request.sink_count = 1;
	CHECK(zc_transfer(&request, &result) == 0);
	n = pread(out[0], data, sizeof(data), 0);
	CHECK(n > 30 && result.bytes == n);
	return size_of(out[1]) == n && holds(out[1], 0, data, (size_t)n);
}

static ssize_t
take_all(void *arg, const struct iovec *view, int count, bool more,
    struct zc_wait *wait)
{
	ssize_t sum = 0;

	(void)arg;
	(void)more;
	(void)wait;
	for (int i = 0; i < count; i++)
		sum += (ssize_t)view[i].iov_len;
	return sum;
}

static const struct zc_io taker = { .size = sizeof(taker),
	.writev = take_all };

/** A file would take splice(2), functions only read-write: so both get that. */
static bool
names_the_method_at_work(void)
{
	struct zc_request request;
	struct zc_sink more = ZC_SINK_INIT(-1);
	struct zc_job *job;
	int fd[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	keep(fd[0]);
	keep(fd[1]);
	request = request_for(fd[0], file_of("", 0), ZC_AUTO);
	more.io = &taker;
	request.sinks = &more;
	request.sink_count = 1;
	CHECK(write(fd[1], content, SIZE) == SIZE);
	CHECK(shutdown(fd[1], SHUT_WR) == 0);
	job = new_job(&request);
	CHECK(zc_job_run(job, NULL, 0) == 0);
	for (size_t i = 0; i < SINKS; i++) {
		const struct zc_result *result = zc_job_sink(job, i);

		CHECK(result->bytes == SIZE);
		CHECK(result->method == ZC_READ_WRITE);
		CHECK(result->use[ZC_SPLICE].calls == 0);
	}
	zc_job_free(job);
	return true;
}

int
main(void)
{
	begin();
	for (size_t sinks = 1; sinks <= SINKS; sinks++)
		for (int drops = 0; drops < 2; drops++)
			CASE(fails_if_busy(sinks, ZC_NODISKIO |
			    (drops ? (unsigned)ZC_DROP_SINKS : 0)),
			    "sources: EBUSY from a function is an error, "
			    "%zu sinks%s", sinks, drops ? ", dropping" : "");
	CASE(reads_a_kernel_file_once(),
	    "sources: two sinks of a kernel file get the same data");
	CASE(names_the_method_at_work(),
	    "sources: sinks with different plans name the method at work");
	finish();
	return 0;
}
