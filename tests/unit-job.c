/*
 * A job between two files: what its hooks get and may do, what its result says,
 * and what happens if the files change meanwhile.
 */
#include "config.h"

#include <limits.h>
#include <poll.h>
#include <time.h>

#include "lib-job.h"

#define SIZE	((size_t)200 * 1000)	/* of the source */

/* Hooks that record what they get, and disturb the job on request. */

struct log {
	unsigned plans, moves, refusals, interruptions, selects, waits;
	int64_t bytes;			/* said by the last event */
	bool ordered;			/* the events were in order so far */
	struct zc_plan plan;
	struct zc_ends ends;

	int64_t stop_at;		/* -1: never; 0: at the plan */
	int64_t append_at;		/* give append_to O_APPEND */
	int append_to;
	int64_t truncate_at;		/* truncate `truncated` to it */
	int truncated;
	int answer, answer_error;	/* of select */
};

static struct log
new_log(void)
{
	return (struct log){ .ordered = true, .stop_at = -1, .append_at = -1,
		.truncate_at = -1 };
}

static int
on_event(const struct zc_event *event, void *arg)
{
	struct log *log = arg;

	log->ordered = log->ordered && event->bytes >= log->bytes &&
	    (log->plans > 0) == (event->type != ZC_EVENT_PLAN);
	switch (event->type) {
	case ZC_EVENT_PLAN:
		log->plans++;
		log->plan = *event->plan;
		return log->stop_at == 0;
	case ZC_EVENT_REFUSED:
		log->refusals++;
		log->ordered = log->ordered && event->error != 0;
		break;
	case ZC_EVENT_MOVED:
		log->moves++;
		log->ordered = log->ordered && event->bytes > log->bytes;
		break;
	case ZC_EVENT_TRAILER:
	case ZC_EVENT_DROPPED:
		break;
	case ZC_EVENT_INTERRUPTED:
		log->interruptions++;
		break;
	}
	log->bytes = event->bytes;
	if (log->append_at >= 0 && event->bytes >= log->append_at)
		fcntl(log->append_to, F_SETFL,
		    fcntl(log->append_to, F_GETFL) | O_APPEND);
	if (log->truncate_at >= 0 && event->bytes > 0 &&
	    ftruncate(log->truncated, log->truncate_at) < 0)
		give_up("ftruncate");
	return log->stop_at >= 0 && event->bytes >= log->stop_at;
}

static int
on_select(const struct zc_ends *ends, void *arg)
{
	struct log *log = arg;

	log->selects++;
	log->ends = *ends;
	errno = log->answer_error;
	return log->answer;
}

/* The result */

static bool
counts_calls(enum zc_method method)
{
	int in = file_of(content, SIZE), out = file_of("", 0);
	struct zc_request request = request_for(in, out, method);
	const bool steps = method == ZC_READ_WRITE || method == ZC_MMAP ||
	    method == ZC_SPLICE;
	const int64_t blocks = (int64_t)((SIZE + BLOCK - 1) / BLOCK);
	struct log log = new_log();
	struct zc_result result = ZC_RESULT_INIT;

	/* To the end there is one call more, which finds it. */
	request.event = on_event;
	request.arg = &log;
	CHECK(run(&request, &result) == 0);
	CHECK(result.used_count == 1 && result.used[0] == method);
	CHECK(result.method == method && result.error == 0);
	CHECK(result.use[method].bytes == (int64_t)SIZE);
	CHECK(result.use[method].calls == blocks * (steps ? 2 : 1) + 1);
	CHECK(result.use[method].refused == 0);
	for (int m = 0; m < ZC_METHODS; m++)
		CHECK(m == (int)method || (result.use[m].calls == 0 &&
		    result.use[m].bytes == 0));
	CHECK(log.ordered && log.plans == 1 && log.refusals == 0);
	CHECK(log.moves == blocks && log.bytes == (int64_t)SIZE);

	lseek(in, 0, SEEK_SET);
	request.bytes = (int64_t)SIZE;
	request.flags = ZC_EXACT;
	CHECK(run(&request, &result) == 0);
	CHECK(result.use[method].calls == blocks * (steps ? 2 : 1));
	return true;
}

/** True if a job that is over does nothing when it runs again. */
static bool
runs_once(enum zc_method method)
{
	int in = file_of(content, SIZE), out = file_of("", 0);
	struct zc_request request = request_for(in, out, method);
	struct zc_job *job;

	request.bytes = 10;
	job = new_job(&request);
	CHECK(zc_job_result(job)->outcome == ZC_UNFINISHED);
	CHECK(zc_job_run(job, NULL, 0) == 0);
	CHECK(zc_job_run(job, NULL, 0) == 0);
	CHECK(zc_job_result(job)->bytes == 10 && size_of(out) == 10);
	CHECK(at(in) == 10);
	zc_job_free(job);
	zc_job_free(NULL);
	return true;
}

static bool
stops_when_told(enum zc_method method, int64_t when)
{
	int in = file_of(content, SIZE), out = file_of("", 0);
	struct zc_request request = request_for(in, out, method);
	struct log log = new_log();
	struct zc_result result = ZC_RESULT_INIT;

	log.stop_at = when;
	request.event = on_event;
	request.arg = &log;
	CHECK(run(&request, &result) == EINTR);
	CHECK(result.outcome == ZC_STOPPED && result.error == EINTR);
	CHECK(result.bytes >= when && result.bytes < when + (int64_t)BLOCK);
	CHECK(log.bytes == result.bytes && log.ordered);
	CHECK(result.lost == 0 && at(in) == result.bytes);
	CHECK(at(out) == result.bytes);
	CHECK(is_content(out, (size_t)result.bytes));
	return true;
}

static bool
asks_select(void)
{
	int in = file_of(content, SIZE), out = file_of("", 0);
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct log log = new_log();
	struct zc_result result = ZC_RESULT_INIT;

	lseek(in, 1000, SEEK_SET);
	request.select = on_select;
	request.event = on_event;
	request.arg = &log;
	log.answer = ZC_MMAP;
	CHECK(run(&request, &result) == 0);
	CHECK(log.selects == 1 && log.plan.method[0] == ZC_MMAP);
	CHECK(log.ends.in == ZC_REGULAR && log.ends.out == ZC_REGULAR);
	CHECK(log.ends.bytes == (int64_t)SIZE - 1000);
	CHECK(!log.ends.append && !log.ends.direct && !log.ends.placed);
	CHECK(result.used_count == 1 && result.used[0] == ZC_MMAP);
	CHECK(result.bytes == (int64_t)SIZE - 1000);
	CHECK(holds(out, 0, content + 1000, SIZE - 1000));
	return true;
}

/** `select` only prefers a method: one that cannot serve is passed over. */
static bool
falls_back_from_select(void)
{
	int in = file_of(content, SIZE), out = file_of("", 0);
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct log log = new_log();
	struct zc_result result = ZC_RESULT_INIT;

	request.select = on_select;
	request.event = on_event;
	request.arg = &log;
	log.answer = ZC_REFLINK;	/* not on tmpfs */
	CHECK(run(&request, &result) == 0);
	CHECK(log.plan.method[0] == ZC_REFLINK && log.refusals == 1);
	CHECK(result.use[ZC_REFLINK].refused == EOPNOTSUPP);
	CHECK(result.use[ZC_REFLINK].refused_at == 0);
	CHECK(result.use[ZC_REFLINK].calls == 1);
	CHECK(result.used_count == 1 && result.used[0] == ZC_COPY_FILE_RANGE);
	CHECK(is_content(out, SIZE));
	return true;
}

static bool
reports_error_of_select(int answer, int error, int expected)
{
	int in = file_of(content, SIZE), out = file_of("", 0);
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct log log = new_log();
	struct zc_result result = ZC_RESULT_INIT;

	request.select = on_select;
	request.event = on_event;
	request.arg = &log;
	log.answer = answer;
	log.answer_error = error;
	CHECK(run(&request, &result) == expected);
	CHECK(result.outcome == ZC_STOPPED && result.error == expected);
	CHECK(result.bytes == 0 && log.plans == 0);
	CHECK(at(in) == 0 && size_of(out) == 0);
	return true;
}

static bool
never_asks_select_when_forced(enum zc_method method)
{
	int in = file_of(content, SIZE), out = file_of("", 0);
	struct zc_request request = request_for(in, out, method);
	struct log log = new_log();
	struct zc_result result = ZC_RESULT_INIT;

	request.select = on_select;
	request.arg = &log;
	log.answer = -1;
	log.answer_error = EDOM;
	CHECK(run(&request, &result) == 0);
	CHECK(log.selects == 0 && is_content(out, SIZE));
	return true;
}

/* What changes half way */

/** Another process may set O_APPEND on the sink at any time.  Another method
 * then continues at that byte; a forced one is refused there. */
static bool
survives_append_half_way(enum zc_method method, int refusal)
{
	int in = file_of(content, SIZE), out = file_of("", 0);
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct log log = new_log();
	struct zc_result result = ZC_RESULT_INIT;

	log.append_at = (int64_t)(2 * BLOCK);
	log.append_to = out;
	log.answer = (int)method;
	request.select = on_select;
	request.event = on_event;
	request.arg = &log;
	CHECK(run(&request, &result) == 0);
	CHECK(is_content(out, SIZE) && result.bytes == (int64_t)SIZE);
	CHECK(result.use[method].refused == refusal);
	CHECK(result.use[method].refused_at == (refusal != 0 ?
	    log.append_at : 0));
	CHECK(result.use[method].bytes == (refusal != 0 ? log.append_at :
	    (int64_t)SIZE));
	CHECK(result.used[0] == method);
	CHECK(result.used_count == (refusal != 0 ? 2 : 1));
	CHECK(log.ordered && log.bytes == (int64_t)SIZE);
	return true;
}

/** What splice has taken by then is delivered, or put back. */
static bool
refuses_append_half_way(enum zc_method method, int refusal)
{
	int in = file_of(content, SIZE), out = file_of("", 0);
	struct zc_request request = request_for(in, out, method);
	struct log log = new_log();
	struct zc_result result = ZC_RESULT_INIT;

	log.append_at = (int64_t)BLOCK;
	log.append_to = out;
	request.event = on_event;
	request.arg = &log;
	CHECK(run(&request, &result) == refusal);
	CHECK(result.outcome == ZC_UNSUITED && result.error == refusal);
	CHECK(result.method == method && result.reason == NULL);
	CHECK(result.use[method].refused_at == log.append_at);
	CHECK(result.bytes >= log.append_at && result.lost == 0);
	CHECK(at(in) == result.bytes);
	CHECK(is_content(out, (size_t)result.bytes));
	return true;
}

/** The job ends where the file then ends, and adds no NULs. */
static bool
survives_a_shrinking_source(enum zc_method method)
{
	const int64_t cut = 2 * (int64_t)BLOCK + 4097;
	int in = file_of(content, SIZE), out = file_of("", 0);
	struct zc_request request = request_for(in, out, method);
	struct log log = new_log();
	struct zc_result result = ZC_RESULT_INIT;

	log.truncate_at = cut;
	log.truncated = in;
	request.event = on_event;
	request.arg = &log;
	CHECK(run(&request, &result) == 0);
	CHECK(result.bytes == cut && at(in) == cut);
	CHECK(is_content(out, (size_t)cut));

	lseek(in, 0, SEEK_SET);
	request.bytes = (int64_t)SIZE;
	request.flags = ZC_EXACT;
	CHECK(run(&request, &result) == ENODATA);
	CHECK(result.outcome == ZC_SHORT && result.bytes == cut);
	return true;
}

#define ALARMS	300

static const struct itimerspec never;
static timer_t timer;
static volatile sig_atomic_t alarms;

/** Stop after a while: under valgrind nothing else would happen. */
static void
on_alarm(int signal)
{
	(void)signal;
	if (++alarms == ALARMS)
		timer_settime(timer, 0, &never, NULL);
}

/** Signals of a timer, all the time, cut calls short, and lose nothing. */
static bool
survives_signals(enum zc_method method)
{
	const struct itimerspec often = { .it_interval.tv_nsec = 300000,
		.it_value.tv_nsec = 300000 };
	struct sigevent by = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGUSR1 };
	int in = file_of(content, sizeof(content)), out = file_of("", 0);
	struct zc_request request = request_for(in, out, method);
	struct sigaction action = { .sa_handler = on_alarm };
	struct zc_result result = ZC_RESULT_INIT;
	bool ok = true;

	request.block_size = 0;
	alarms = 0;
	/* The last signal may come late, under valgrind. */
	sigaction(SIGUSR1, &action, NULL);
	CHECK(timer_create(CLOCK_MONOTONIC, &by, &timer) == 0);
	timer_settime(timer, 0, &often, NULL);
	for (int i = 0; i < 20 && ok; i++) {
		lseek(in, 0, SEEK_SET);
		lseek(out, 0, SEEK_SET);
		ok = ftruncate(out, 0) == 0 && run(&request, &result) == 0 &&
		    result.bytes == (int64_t)sizeof(content);
	}
	timer_delete(timer);
	CHECK(ok && alarms > 0);
	CHECK(is_content(out, sizeof(content)));
	return true;
}

/* A kernel file: one write is one command */

static bool
is_named(const char *name)
{
	char now[40] = "";
	int fd = keep(open("/proc/self/comm", O_RDONLY));
	ssize_t n = read(fd, now, sizeof(now) - 1);

	shut(fd);
	return n > 0 && strcspn(now, "\n") == strlen(name) &&
	    strncmp(now, name, strlen(name)) == 0;
}

static bool
gathers_one_command(void)
{
	int out = keep(open("/proc/self/comm", O_WRONLY));
	int ends[2], in, feed;
	struct zc_request request;
	struct zc_wait wait = { .fd = -1 };
	struct zc_job *job;

	CHECK(pipe2(ends, O_NONBLOCK) == 0);
	in = keep(ends[0]);
	feed = keep(ends[1]);
	request = request_for(in, out, ZC_AUTO);
	request.block_size = 1;		/* does not split the write */
	job = new_job(&request);
	CHECK(zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN);
	CHECK(write(feed, "aaa", 3) == 3);
	CHECK(zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN);
	CHECK(wait.fd == in && wait.events == POLLIN);
	CHECK(zc_job_result(job)->bytes == 0);
	CHECK(write(feed, "bbb", 3) == 3);
	shut(feed);
	CHECK(zc_job_run(job, &wait, 1) == 0);
	CHECK(zc_job_result(job)->bytes == 6);
	CHECK(is_named("aaabbb"));
	zc_job_free(job);
	return true;
}

static bool
gives_no_half_command(void)
{
	int out = keep(open("/proc/self/comm", O_WRONLY));
	int in = file_of("never", 5), large = file_of(content, 65537);
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct zc_result result = ZC_RESULT_INIT;

	request.bytes = 10;
	request.flags = ZC_EXACT;
	CHECK(run(&request, &result) == ENODATA);
	CHECK(result.outcome == ZC_SHORT && result.bytes == 0);
	CHECK(at(in) == 0 && is_named("aaabbb"));

	request = request_for(large, out, ZC_AUTO);
	CHECK(run(&request, &result) == EFBIG);
	CHECK(result.outcome == ZC_FAILED && result.side == ZC_SINK);
	CHECK(result.bytes == 0 && at(large) == 0 && is_named("aaabbb"));
	return true;
}

static void
check_method(enum zc_method method)
{
	const char *name = zc_method_name(method);

	CASE(runs_once(method), "%s: a job that is over stays over", name);
	for (int64_t when = 0; when <= (int64_t)SIZE; when += 70000)
		CASE(stops_when_told(method, when),
		    "%s: stops at %lld bytes, with exact positions", name,
		    (long long)when);
	CASE(survives_a_shrinking_source(method),
	    "%s: a source that shrinks gives no NULs", name);
	CASE(survives_signals(method),
	    "%s: many signals lose nothing", name);
	if (method == ZC_AUTO)
		return;
	CASE(counts_calls(method), "%s: calls and bytes are counted", name);
	CASE(never_asks_select_when_forced(method),
	    "%s: select is not asked about a forced method", name);
}

/* The errno by which Linux refuses a sink with O_APPEND. */
static const struct { enum zc_method method; int error; } appending[] = {
	{ ZC_COPY_FILE_RANGE, EBADF }, { ZC_SENDFILE, EINVAL },
	{ ZC_SPLICE, EINVAL }, { ZC_MMAP, 0 }, { ZC_READ_WRITE, 0 },
};

int
main(void)
{
	begin();
	for (size_t i = 0; i < in_place_count; i++)
		check_method(in_place[i]);
	for (size_t i = 0; i < COUNT(appending); i++) {
		enum zc_method method = appending[i].method;
		int error = appending[i].error;

		CASE_BY(method, survives_append_half_way(method, error),
		    "%s: O_APPEND half way loses nothing",
		    zc_method_name(method));
		if (error != 0)
			CASE_BY(method, refuses_append_half_way(method, error),
			    "%s: forced, O_APPEND half way is refused",
			    zc_method_name(method));
	}
	CASE(asks_select(), "select is asked once, and obeyed");
	CASE_BY(ZC_COPY_FILE_RANGE, falls_back_from_select(),
	    "a choice of select can be refused");
	CASE(reports_error_of_select(-1, EDOM, EDOM),
	    "an error of select ends the job");
	CASE(reports_error_of_select(ZC_METHODS, EDOM, EINVAL),
	    "an unknown method from select is EINVAL");
	CASE(reports_error_of_select(INT_MAX, EDOM, EINVAL),
	    "any other number from select is EINVAL");
	CASE(gathers_one_command(),
	    "a kernel file gets all of a slow source in one write");
	CASE(gives_no_half_command(),
	    "a kernel file gets nothing of a short or too long source");
	finish();
	return 0;
}
