/*
 * zc_request.timeout: what ends a job, and what does not.
 */
#include "config.h"

#include <stdarg.h>
#include <time.h>

#include "base/clock.h"
#include "lib-job.h"
#include "system/ioctl.h"

#define MS		INT64_C(1000000)	/* in nanoseconds */
#define LIMIT		(40 * MS)

static int64_t ready_at;	/* when the source has its next byte; 0: never */
static int left;		/* bytes that it has */
static int line;		/* bytes that a terminal has still to send */

static void
sleep_until(int64_t until)
{
	const struct timespec then = clock_timespec(until);

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL);
}

/** Stands before the C library's: to each question the line, if there is one,
 * has sent a byte more. */
int
ioctl(int fd, ioctl_request request, ...)
{
	va_list more;

	(void)fd;
	if (request == TIOCOUTQ && line > 1) {
		va_start(more, request);
		*va_arg(more, int *) = --line;
		va_end(more);
		return 0;
	}
	errno = ENOTTY;
	return -1;
}

/** A source of single bytes. */
static ssize_t
drip(void *arg, const struct iovec *view, int count, struct zc_wait *wait)
{
	(void)arg;
	(void)count;
	if (left == 0)
		return 0;
	if (ready_at == 0 || clock_now() < ready_at) {
		wait->until = ready_at;
		errno = EAGAIN;
		return -1;
	}
	memcpy(view->iov_base, content + --left, 1);
	return 1;
}

static const struct zc_io drips = { .size = sizeof(drips), .readv = drip };

/** Take twice as long as the limit, and then let the source wait. */
static int
dawdle(const struct zc_event *event, void *arg)
{
	(void)arg;
	if (event->type != ZC_EVENT_MOVED)
		return 0;
	sleep_until(clock_now() + 2 * LIMIT);
	ready_at = clock_now() + LIMIT / 2;
	return 0;
}

/** Run the job to its end, or until it has waited as long as this. */
static void
run_for(struct zc_job *job, int64_t time)
{
	const int64_t until = clock_now() + time;
	struct zc_wait wait;

	while (zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN &&
	    clock_now() < until)
		sleep_until(wait.until);
}

static bool
stalls(void)
{
	struct zc_request request = request_for(-1, file_of("", 0), ZC_AUTO);
	const int64_t began = clock_now();
	struct zc_job *job;

	request.in_io = &drips;
	request.timeout = LIMIT;
	ready_at = 0;
	left = 1;
	job = new_job(&request);
	run_for(job, 1000 * LIMIT);
	CHECK(zc_job_result(job)->outcome == ZC_STALLED);
	CHECK(zc_job_result(job)->error == ETIMEDOUT);
	CHECK(clock_now() - began >= LIMIT);
	zc_job_free(job);
	return true;
}

static bool
outlasts_a_slow_caller(void)
{
	struct zc_request request = request_for(-1, file_of("", 0), ZC_AUTO);
	struct zc_job *job;

	request.in_io = &drips;
	request.timeout = LIMIT;
	request.event = dawdle;
	ready_at = clock_now();
	left = 2;
	job = new_job(&request);
	run_for(job, 1000 * LIMIT);
	CHECK(zc_job_result(job)->outcome == ZC_DONE);
	CHECK(zc_job_result(job)->bytes == 2);
	zc_job_free(job);
	return true;
}

/** Return the side of a pseudo-terminal that programs use, which nobody
 * reads. */
static int
new_terminal(void)
{
	int master = keep(posix_openpt(O_RDWR | O_NOCTTY));

	if (grantpt(master) < 0 || unlockpt(master) < 0)
		give_up("unlockpt");
	return keep(open(ptsname(master), O_WRONLY | O_NOCTTY | O_NONBLOCK));
}

static bool
waits_for_a_slow_line(int queued, enum zc_outcome outcome)
{
	struct zc_request request = request_for(file_of(content,
	    sizeof(content)), new_terminal(), ZC_AUTO);
	struct zc_job *job;

	request.timeout = LIMIT;
	line = queued;
	job = new_job(&request);
	run_for(job, (outcome == ZC_STALLED ? 1000 : 4) * LIMIT);
	CHECK(zc_job_result(job)->outcome == outcome);
	CHECK(zc_job_result(job)->bytes > 0);
	zc_job_free(job);
	return true;
}

int
main(void)
{
	begin();
	CASE(stalls(), "a source that is silent ends the job");
	CASE(outlasts_a_slow_caller(), "time that `event` takes does not count");
	CASE(waits_for_a_slow_line(0, ZC_STALLED),
	    "a terminal that takes nothing ends the job");
	CASE(waits_for_a_slow_line(1000000, ZC_UNFINISHED),
	    "a terminal that sends what it has does not");
	finish();
	return 0;
}
