/*
 * Ends that are functions of the caller (struct zc_io): what they are asked,
 * in which order, and what becomes of their answers.
 */
#include "config.h"

#include "lib-job.h"

#define SIZE	((size_t)600 * 1000)	/* more than one buffer */
#define RANGE	((int64_t)1000)

/** An end in memory.  0 stands for: never. */
struct tape {
	unsigned char data[SIZE + 100];
	size_t at, end;			/* of what is read; written: at */
	size_t most;			/* bytes a call */
	unsigned each;			/* of so many calls, one is EAGAIN */
	unsigned calls, flushes, finishes;
	bool more;			/* as the last writev() was told */
	unsigned last;			/* so many were told the contrary */
	ssize_t answer;			/* of writev() */
	int finish_error;		/* of the first finish() */
};

static struct tape source, sink;

static bool
is_busy(struct tape *tape, struct zc_wait *wait)
{
	if (tape->each == 0 || ++tape->calls % tape->each != 0)
		return false;
	*wait = (struct zc_wait){ .fd = 1000, .events = 3,
		.until = tape->calls };
	errno = EAGAIN;
	return true;
}

static ssize_t
take(void *arg, const struct iovec *view, int count, struct zc_wait *wait)
{
	struct tape *tape = arg;
	size_t size = tape->end - tape->at;

	if (is_busy(tape, wait))
		return -1;
	if (tape->most != 0 && size > tape->most)
		size = tape->most;
	if (size > view->iov_len)
		size = view->iov_len;
	if (count > 0)
		memcpy(view->iov_base, tape->data + tape->at, size);
	tape->at += size;
	return (ssize_t)size;
}

static ssize_t
put(void *arg, const struct iovec *view, int count, bool more,
    struct zc_wait *wait)
{
	struct tape *tape = arg;
	size_t from = tape->at;

	if (is_busy(tape, wait))
		return -1;
	if (tape->answer != 0)
		return tape->answer < 0 ? 0 : tape->answer;
	tape->more = more;
	tape->last += !more;
	for (int i = 0; i < count; i++) {
		size_t size = view[i].iov_len;

		if (tape->most != 0 && tape->at - from + size > tape->most)
			size = tape->most - (tape->at - from);
		if (size > sizeof(tape->data) - tape->at)
			give_up("more than there is");
		memcpy(tape->data + tape->at, view[i].iov_base, size);
		tape->at += size;
	}
	return (ssize_t)(tape->at - from);
}

static int
flush(void *arg, struct zc_wait *wait)
{
	struct tape *tape = arg;

	(void)wait;
	tape->flushes++;
	return 0;
}

static int
end(void *arg, struct zc_wait *wait)
{
	struct tape *tape = arg;

	if (tape->finishes++ > 0 || tape->finish_error == 0)
		return 0;
	wait->until = 5;
	errno = tape->finish_error;
	return -1;
}

static const struct zc_io reads = { .size = sizeof(reads), .arg = &source,
	.readv = take };
static const struct zc_io writes = { .size = sizeof(writes), .arg = &sink,
	.writev = put, .flush = flush, .finish = end };

/** Rewind both tapes, and return the request to copy one to the other. */
static struct zc_request
fresh(size_t size)
{
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);

	memset(&source, 0, sizeof(source));
	memset(&sink, 0, sizeof(sink));
	memcpy(source.data, content, size);
	source.end = size;
	request.in_io = &reads;
	request.out_io = &writes;
	return request;
}

static bool
has_content(size_t size)
{
	return sink.at == size && memcmp(sink.data, content, size) == 0;
}

static bool
moves_all(size_t in_most, size_t out_most)
{
	struct zc_request request = fresh(SIZE);
	struct zc_result result = ZC_RESULT_INIT;

	source.most = in_most;
	sink.most = out_most;
	CHECK(run(&request, &result) == 0 && has_content(SIZE));
	CHECK(result.bytes == (int64_t)SIZE && result.used_count == 1);
	CHECK(result.method == ZC_READ_WRITE);
	CHECK(sink.finishes == 1 && sink.flushes > 0);
	return true;
}

/** The caller is told to wait for what the functions have set. */
static bool
waits(void)
{
	struct zc_request request = fresh(SIZE);
	struct zc_job *job = new_job(&request);
	struct zc_wait wait[2];
	unsigned count = 0;

	source.each = 3;
	sink.each = 2;
	source.most = sink.most = 4567;
	while (zc_job_run(job, wait, 2) < 0) {
		const struct zc_result *result = zc_job_result(job);

		CHECK(errno == EAGAIN && result->outcome == ZC_UNFINISHED);
		CHECK(wait[0].fd == 1000 && wait[0].events == 3);
		CHECK(wait[0].until == (result->side == ZC_SOURCE ?
		    source.calls : sink.calls));
		CHECK(wait[1].fd == -1 && wait[1].until == 0);
		CHECK(sink.finishes == 0);
		count++;
	}
	zc_job_free(job);
	CHECK(count > 100 && has_content(SIZE) && sink.finishes == 1);
	return true;
}

static bool
says_that_no_more_follows(size_t out_most)
{
	struct zc_request request = fresh(SIZE);

	request.bytes = (int64_t)SIZE;
	sink.most = out_most;
	CHECK(zc_transfer(&request, NULL) == 0 && has_content(SIZE));
	CHECK(!sink.more);
	return true;
}

/** After the last byte of data comes a trailer of many pieces. */
static bool
says_that_a_trailer_follows(void)
{
	struct zc_request request = fresh(0);
	struct iovec piece[100];
	const struct zc_hdtr hdtr = { .trailers = piece,
		.trl_cnt = COUNT(piece) };

	for (size_t i = 0; i < COUNT(piece); i++)
		piece[i] = (struct iovec){ content + i, 1 };
	request.hdtr = &hdtr;
	CHECK(zc_transfer(&request, NULL) == 0);
	CHECK(has_content(COUNT(piece)));
	CHECK(!sink.more && sink.last == 1 && sink.finishes == 1);
	return true;
}

static bool
finishes(int error, enum zc_outcome outcome)
{
	struct zc_request request = fresh(SIZE);
	struct zc_job *job = new_job(&request);
	struct zc_wait wait;

	sink.finish_error = error;
	CHECK(zc_job_run(job, &wait, 1) < 0 && errno == error);
	CHECK(zc_job_result(job)->outcome == outcome && has_content(SIZE));
	CHECK(error != EAGAIN || (wait.fd == -1 && wait.until == 5));
	CHECK((zc_job_run(job, &wait, 1) == 0) == (error == EAGAIN));
	CHECK(sink.finishes == (error == EAGAIN ? 2 : 1));
	zc_job_free(job);
	return true;
}

static bool
does_not_finish_a_failure(ssize_t answer, int error)
{
	struct zc_request request = fresh(SIZE);
	struct zc_result result = ZC_RESULT_INIT;

	sink.answer = answer;
	CHECK(run(&request, &result) == error);
	CHECK(result.outcome == ZC_FAILED && result.side == ZC_SINK);
	CHECK(sink.finishes == 0);
	return true;
}

/** One range after another, and the end of the data after the last. */
static bool
finishes_the_last_range(void)
{
	struct zc_request request = fresh(SIZE);
	struct zc_range range = ZC_RANGE_INIT;
	struct zc_job *job;

	request.bytes = range.bytes = RANGE;
	request.flags = ZC_KEEP_OPEN;
	job = new_job(&request);
	CHECK(zc_job_run(job, NULL, 0) == 0 && !sink.more);
	CHECK(zc_job_next(job, &range) == 0 && zc_job_run(job, NULL, 0) == 0);
	CHECK(has_content(2 * (size_t)RANGE) && sink.finishes == 0);
	range.bytes = 0;
	range.last = true;
	CHECK(zc_job_next(job, &range) == 0 && zc_job_run(job, NULL, 0) == 0);
	CHECK(has_content(2 * (size_t)RANGE) && sink.finishes == 1);
	CHECK(zc_job_next(job, &range) < 0 && errno == EBUSY);
	zc_job_free(job);
	return true;
}

/** Let the second sink fail once it has some bytes. */
static int
fill_up(const struct zc_event *event, void *arg)
{
	(void)arg;
	if (event->type == ZC_EVENT_MOVED && event->sink == 1)
		sink.answer = -1;
	return 0;
}

static bool
loses_nothing_after_a_drop(void)
{
	struct zc_request request = fresh(SIZE);
	struct zc_sink other = ZC_SINK_INIT(-1);
	struct zc_range range = ZC_RANGE_INIT;
	struct zc_job *job;

	other.io = &writes;
	request.out_io = NULL;
	request.out_fd = file_of("", 0);
	request.sinks = &other;
	request.sink_count = 1;
	request.event = fill_up;
	request.bytes = RANGE;
	request.flags = ZC_KEEP_OPEN | ZC_DROP_SINKS;
	sink.most = 600;
	job = new_job(&request);
	CHECK(zc_job_run(job, NULL, 0) < 0 && errno == ENOSPC);
	CHECK(zc_job_sink(job, 0)->outcome == ZC_DONE);
	CHECK(zc_job_sink(job, 1)->bytes == 600);
	range.bytes = 1;
	range.last = true;
	CHECK(zc_job_next(job, &range) == 0);
	(void)zc_job_run(job, NULL, 0);
	CHECK(zc_job_result(job)->bytes == RANGE + 1);
	CHECK(zc_job_result(job)->lost == 0);
	zc_job_free(job);
	return true;
}

static bool
refuses(const struct zc_io *in, const struct zc_io *out, int64_t offset,
    int error)
{
	struct zc_request request = fresh(0);

	request.in_io = in;
	request.out_io = out;
	request.out_offset = offset;
	CHECK(zc_job_new(&request) == NULL && errno == error);
	return true;
}

/** A request for streams is not one for functions. */
static bool
gives_way_to_streams(void)
{
	struct zc_request request = fresh(SIZE);
	int to = file_of("", 0);
	FILE *in = stream_of(file_of(content, SIZE), "r");
	FILE *out = stream_of(to, "w");

	CHECK(zc_transfer_stdio(in, out, &request, NULL) == 0);
	CHECK(fclose(in) == 0 && fclose(out) == 0);
	CHECK(is_content(to, SIZE) && source.at == 0 && sink.at == 0);
	return true;
}

int
main(void)
{
	begin();
	CASE(moves_all(0, 0), "from functions to functions");
	CASE(moves_all(4567, 0), "from functions that return little");
	CASE(moves_all(0, 4567), "to functions that take little");
	CASE(waits(), "the caller waits for what the functions have set");
	CASE(says_that_no_more_follows(0), "no more follows the last byte");
	CASE(says_that_no_more_follows(100), "nor the last of many writes");
	CASE(says_that_a_trailer_follows(), "a trailer, and no more follows");
	CASE(finishes(EAGAIN, ZC_UNFINISHED), "finish is called again");
	CASE(finishes(EPIPE, ZC_FAILED), "finish may fail, once");
	CASE(does_not_finish_a_failure(-1, ENOSPC), "0 written is ENOSPC");
	CASE(does_not_finish_a_failure(1 << 30, EIO), "too many are EIO");
	CASE(finishes_the_last_range(), "finish comes after the last range");
	CASE(loses_nothing_after_a_drop(),
	    "a dropped sink does not count in later ranges");
	CASE(refuses(&writes, &writes, ZC_CURRENT, EINVAL), "no readv");
	CASE(refuses(&reads, &reads, ZC_CURRENT, EINVAL), "no writev");
	CASE(refuses(&reads, &writes, 0, ESPIPE), "no offset");
	CASE(gives_way_to_streams(), "streams are used in place of functions");
	finish();
	return 0;
}
