/*
 * zc_request.allow limits how many bytes are taken from the source, and when.
 * Time is what the hooks say, so nothing depends on how fast this machine is.
 */
#include "config.h"

#include "lib-fan.h"

#define SIZE	((size_t)100 * 1000)	/* of the source */
#define PERIOD	((int64_t)10000000)	/* nanoseconds: 10 ms */
#define RATE	((int64_t)7000)		/* bytes in each period */

static struct fan fan;
static int64_t now;			/* in nanoseconds */
static int64_t period, used;		/* what was allowed in this period */
static int64_t earlier;			/* bytes taken before it */
static unsigned periods, asked;
static bool wrong;

#define WRONG(...)							\
	do {								\
		printf("# wrong: " __VA_ARGS__);			\
		putchar('\n');						\
		wrong = true;						\
	} while (0)

/** Return how many bytes the job has taken, as the source sees it.  Each sink
 * reads a file for itself, but the same bytes count once; of TCP some may be on
 * their way to the source. */
static int64_t
taken_by_all(void)
{
	int64_t most = 0;

	if (fan.in.sort == TCP_IN)
		return fan.out[0].told_data;
	if (fan.in.sort > PLACED_IN || fan.count == 1)
		return fan_taken(&fan.in);
	for (size_t i = 0; i < fan.count; i++)
		if (fan.out[i].told_data > most)
			most = fan.out[i].told_data;
	return most;
}

static int64_t
allow(int64_t bytes, int64_t *until, void *arg)
{
	(void)arg;
	asked++;
	if (bytes <= 0)
		WRONG("asked for %jd bytes", (intmax_t)bytes);
	if (now / PERIOD > period) {
		period = now / PERIOD;
		periods++;
		used = 0;
		earlier = taken_by_all();
	}
	if (taken_by_all() - earlier > RATE)
		WRONG("%jd bytes taken", (intmax_t)(taken_by_all() - earlier));
	if (used == RATE) {
		*until = (period + 1) * PERIOD;
		return 0;
	}
	if (bytes > RATE - used)
		bytes = RATE - used;
	used += bytes;
	return bytes;
}

/** Let the time come that is waited for, or serve the far ends. */
static bool
pass_time(const struct zc_wait *waits, size_t count)
{
	size_t ends = 0;

	for (size_t i = 0; i < count; i++)
		ends += waits[i].fd >= 0;
	if (ends > 0)
		return fan_serve(&fan, waits, count);
	while (count > 0 && waits->until == 0) {
		waits++;
		count--;
	}
	CHECK(count > 0 && waits->events == 0 && waits->until > now);
	now = waits->until;
	return true;
}

static int
on_wait(const struct zc_wait *waits, size_t count, void *arg)
{
	(void)arg;
	wrong |= !pass_time(waits, count);
	errno = EDOM;
	return wrong ? -1 : 1;
}

static void
make_fan(enum inlet_sort source, enum outlet_sort sink, size_t count,
    enum zc_method method)
{
	fan_inlet(&fan, source, SIZE);
	for (size_t i = 0; i < count; i++)
		fan_outlet(&fan, (enum outlet_sort)((sink + i) % OUTLETS),
		    NULL);
	fan.request.method = method;
	fan.request.allow = allow;
	fan_follow(&fan);
	now = 1000 * PERIOD + 1;
	period = periods = asked = 0;
	used = earlier = 0;
	wrong = false;
}

static bool
fits(enum inlet_sort source, enum outlet_sort sink, size_t count,
    enum zc_method method)
{
	for (size_t i = 0; i < count; i++)
		if (!fan_suits(source, (enum outlet_sort)((sink + i) %
		    OUTLETS), method))
			return false;
	return true;
}

/** By the wait hook, or by EAGAIN. */
static bool
keeps_rate_once(enum inlet_sort source, enum outlet_sort sink, size_t count,
    enum zc_method method, bool hook)
{
	struct zc_wait waits[OUTLETS_MAX];
	struct zc_job *job;

	make_fan(source, sink, count, method);
	fan.request.wait = hook ? on_wait : NULL;
	job = new_job(&fan.request);
	while (zc_job_run(job, waits, count) < 0) {
		CHECK(errno == EAGAIN && !hook);
		CHECK(pass_time(waits, count));
	}
	CHECK(!wrong && zc_job_result(job)->bytes == (int64_t)SIZE);
	zc_job_free(job);
	CHECK((int64_t)periods >= (int64_t)SIZE / RATE);
	CHECK(fan_is_at(&fan.in, SIZE, 0));
	for (size_t i = 0; i < count; i++)
		CHECK(fan_gets(&fan.out[i], SIZE));
	return true;
}

static bool
keeps_rate(enum inlet_sort source, enum zc_method method)
{
	for (size_t i = 0; i < OUTLETS * 3; i++) {
		enum outlet_sort sink = (enum outlet_sort)(i % OUTLETS);
		size_t count = i / OUTLETS + 1;

		if (!fits(source, sink, count, method))
			continue;
		if (!keeps_rate_once(source, sink, count, method, false) ||
		    !keeps_rate_once(source, sink, count, method, true)) {
			printf("# to %s, %zu sinks\n", outlet_names[sink],
			    count);
			return false;
		}
		shut_all();
	}
	return true;
}

/* Other answers */

static int64_t answer;			/* of allow_as_told() */
static int answer_error;
static unsigned interrupted;
static int interruption;		/* what on_event() returns for one */

static int64_t
allow_as_told(int64_t bytes, int64_t *until, void *arg)
{
	(void)bytes;
	(void)arg;
	asked++;
	*until = 4711;
	errno = answer_error;
	/* The second time it is a success. */
	return answer_error == EINTR && asked > 1 ? INT64_MAX : answer;
}

static int
on_event(const struct zc_event *event, void *arg)
{
	(void)arg;
	if (event->type != ZC_EVENT_INTERRUPTED)
		return 0;
	interrupted++;
	wrong |= event->error != EINTR;
	return interruption;
}

static struct zc_job *
told_job(enum inlet_sort source, size_t count, int64_t its_answer, int error)
{
	make_fan(source, FILE_OUT, count, ZC_AUTO);
	fan.request.allow = allow_as_told;
	fan.request.event = on_event;
	answer = its_answer;
	answer_error = error;
	interrupted = 0;
	interruption = 0;
	return new_job(&fan.request);
}

static bool
waits_for_time_only(enum inlet_sort source, size_t count)
{
	struct zc_job *job = told_job(source, count, 0, 0);
	struct zc_wait waits[OUTLETS_MAX + 1];
	size_t times = source <= PLACED_IN ? count : 1;

	CHECK(zc_job_run(job, waits, OUTLETS_MAX + 1) < 0 && errno == EAGAIN);
	CHECK(zc_job_result(job)->outcome == ZC_UNFINISHED);
	CHECK(zc_job_result(job)->side == ZC_SOURCE);
	CHECK(asked == times);
	for (size_t i = 0; i <= OUTLETS_MAX; i++) {
		CHECK(waits[i].fd == -1 && waits[i].events == 0);
		CHECK(waits[i].until == (i < times ? 4711 : 0));
	}
	CHECK(fan_is_at(&fan.in, 0, 0));
	answer = INT64_MAX;		/* more than it asks for */
	CHECK(fan_run(&fan, job) == 0);
	CHECK(zc_job_result(job)->bytes == (int64_t)SIZE);
	zc_job_free(job);
	return true;
}

static bool
waits_everywhere(void)
{
	for (int i = 0; i < INLETS * 3; i++) {
		CHECK(waits_for_time_only((enum inlet_sort)(i / 3),
		    (size_t)i % 3 + 1));
		shut_all();
	}
	return true;
}

static bool
fails_with(enum inlet_sort source, size_t count, int error)
{
	struct zc_job *job = told_job(source, count, -1, error);
	const struct zc_result *result = zc_job_result(job);

	CHECK(zc_job_run(job, NULL, 0) < 0);
	CHECK(errno == (error == EAGAIN ? EIO : error));
	CHECK(result->outcome == ZC_FAILED && result->side == ZC_SOURCE);
	CHECK(result->error == error && result->bytes == 0);
	CHECK(result->lost == 0 && asked == 1);
	for (size_t i = 0; i < count; i++)
		CHECK(zc_job_sink(job, i)->outcome == ZC_FAILED);
	zc_job_free(job);
	CHECK(fan_is_at(&fan.in, 0, 0));
	return true;
}

static bool
fails(void)
{
	static const int errors[] = { EPERM, EAGAIN, ETIMEDOUT };

	for (int i = 0; i < INLETS * 3; i++) {
		CHECK(fails_with((enum inlet_sort)(i / 3), (size_t)i % 3 + 1,
		    errors[i % 3]));
		shut_all();
	}
	return true;
}

static bool
is_interrupted(void)
{
	struct zc_job *job = told_job(FILE_IN, 1, -1, EINTR);

	CHECK(zc_job_run(job, NULL, 0) == 0);
	CHECK(interrupted == 1 && !wrong);
	zc_job_free(job);
	CHECK(fan_gets(&fan.out[0], SIZE));
	job = told_job(FILE_IN, 2, -1, EINTR);
	interruption = 1;
	CHECK(zc_job_run(job, NULL, 0) < 0 && errno == EINTR);
	CHECK(interrupted == 1);
	CHECK(zc_job_result(job)->outcome == ZC_STOPPED);
	CHECK(zc_job_sink(job, 1)->outcome == ZC_STOPPED);
	zc_job_free(job);
	CHECK(fan_is_at(&fan.in, 0, 0));
	return true;
}

/* The end */

static int64_t
allow_all_data(int64_t bytes, int64_t *until, void *arg)
{
	int64_t left = (int64_t)fan.in.size - fan.out[0].told_data;

	(void)arg;
	*until = 4711;
	return bytes < left ? bytes : left;
}

/** A source that has ended, as poll(2) or a peek tells. */
static bool
ends_without_wait(enum inlet_sort source, enum zc_method method)
{
	const size_t size = 1000;	/* fits into all buffers */
	struct zc_job *job;

	fan_inlet(&fan, source, size);
	fan_outlet(&fan, FILE_OUT, NULL);
	fan.request.method = method;
	fan.request.allow = allow_all_data;
	fan_follow(&fan);
	while (fan.in.feed >= 0)
		CHECK(fan_feed(&fan.in, size));
	job = new_job(&fan.request);
	CHECK(zc_job_run(job, NULL, 0) == 0);
	CHECK(zc_job_result(job)->bytes == (int64_t)size);
	zc_job_free(job);
	CHECK(fan_gets(&fan.out[0], (int64_t)size));
	return true;
}

static bool
ends_everywhere(void)
{
	for (int i = 0; i < INLETS; i++)
		for (size_t m = 0; m < in_place_count; m++) {
			if (!fan_suits((enum inlet_sort)i, FILE_OUT,
			    in_place[m]))
				continue;
			CHECK(ends_without_wait((enum inlet_sort)i,
			    in_place[m]));
			shut_all();
		}
	return true;
}

static int64_t
allow_half(int64_t bytes, int64_t *until, void *arg)
{
	int64_t left = (int64_t)fan.in.size / 2 - fan.out[0].told_data;

	(void)arg;
	*until = 4711;
	return bytes < left ? bytes : left;
}

/** To look for the end must not take the error of the connection: read(2) would
 * then return 0, and half of the data would seem to be all. */
static bool
fails_when_reset(enum zc_method method)
{
	const struct linger at_once = { .l_onoff = 1 };
	const size_t half = 1000;
	struct zc_wait wait;
	struct zc_job *job;

	fan_inlet(&fan, TCP_IN, 2 * half);
	fan_outlet(&fan, FILE_OUT, NULL);
	fan.request.method = method;
	fan.request.allow = allow_half;
	fan_follow(&fan);
	CHECK(fan_feed(&fan.in, half));
	job = new_job(&fan.request);
	CHECK(zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN);
	CHECK(zc_job_result(job)->bytes == (int64_t)half);
	CHECK(setsockopt(fan.in.feed, SOL_SOCKET, SO_LINGER, &at_once,
	    sizeof(at_once)) == 0);
	shut(fan.in.feed);
	CHECK(zc_job_run(job, &wait, 1) < 0 && errno == ECONNRESET);
	CHECK(zc_job_result(job)->side == ZC_SOURCE);
	zc_job_free(job);
	shut_all();
	return true;
}

/* A sink that keeps back what it is given, until it is told to send it */

static size_t kept, sent;

static ssize_t
keep_back(void *arg, const struct iovec *piece, int count, bool more,
    struct zc_wait *wait)
{
	(void)arg;
	(void)more;
	(void)wait;
	for (int i = 0; i < count; i++)
		kept += piece[i].iov_len;
	return (ssize_t)length_of(piece, count);
}

static int
send_kept(void *arg, struct zc_wait *wait)
{
	(void)arg;
	(void)wait;
	sent += kept;
	kept = 0;
	return 0;
}

static int
check_kept(const struct zc_wait *waits, size_t count, void *arg)
{
	if (kept > 0)
		WRONG("%zu bytes are kept back while the job sleeps", kept);
	return on_wait(waits, count, arg);
}

static bool
flushes_before(enum inlet_sort source, size_t files)
{
	struct zc_io io = ZC_IO_INIT;
	struct zc_result result = ZC_RESULT_INIT;

	make_fan(source, FILE_OUT, 1 + files, ZC_AUTO);
	io.writev = keep_back;
	io.flush = send_kept;
	io.finish = send_kept;
	fan.request.out_io = &io;
	fan.request.wait = check_kept;
	fan.request.event = NULL;
	/* All is there, so that the source is always ready. */
	fcntl(fan.in.feed, F_SETPIPE_SZ, 1 << 20);
	while (fan.in.feed >= 0)
		CHECK(fan_feed(&fan.in, SIZE));
	kept = sent = 0;
	CHECK(zc_transfer(&fan.request, &result) == 0);
	CHECK(!wrong && kept == 0 && sent == SIZE);
	return true;
}

int
main(void)
{
	begin();
	srand(1);			/* the same waits in each run */
	for (int source = 0; source < INLETS; source++)
		for (size_t m = 0; m < in_place_count; m++)
			CASE(keeps_rate((enum inlet_sort)source, in_place[m]),
			    "rate: bytes in 10 ms, from %s by %s",
			    inlet_names[source], zc_method_name(in_place[m]));
	CASE(waits_everywhere(), "rate: 0 is a wait for a time only");
	CASE(fails(), "rate: a hook that fails ends the job");
	CASE(is_interrupted(), "rate: EINTR is reported, and may stop the job");
	CASE(ends_everywhere(),
	    "rate: a source that has ended is not waited for");
	CASE(fails_when_reset(ZC_READ_WRITE),
	    "rate: a connection that is reset has not ended");
	CASE_BY(ZC_SPLICE, fails_when_reset(ZC_SPLICE),
	    "rate: ... also by splice(2)");
	CASE(flushes_before(FILE_IN, 0),
	    "rate: what a sink keeps back is sent before the wait");
	CASE(flushes_before(PIPE_IN, 0),
	    "rate: ... also from a stream that is ready");
	CASE(flushes_before(PIPE_IN, 1), "rate: ... and beside another sink");
	finish();
	return 0;
}
