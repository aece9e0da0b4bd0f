/*
 * How long a writer sleeps when a pipe is full: a pure function, and a table of
 * what readers do; and jobs that sleep.
 */
#include "config.h"

#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>

#include "lib-job.h"
#include "../src/engine/names.h"
#include "../src/engine/pipe-pace.h"

#define KiB	INT64_C(1024)
#define SIZE	(1024 * KiB)
#define US	INT64_C(1000)
#define MS	INT64_C(1000000)

/* One call each: what it moved, and the sleep that must follow. */
static const struct {
	const char *what;
	struct {
		int64_t moved;
		bool full;
		int64_t sleep;
	} calls[8];
} cases[] = {
	{ "a pipe that is filled for the first time is no reason to sleep",
	    { { 1024 * KiB, false, 0 } } },
	{ "a full pipe with little room was filled too early",
	    { { 64 * KiB, true, 10 * US }, { 64 * KiB, true, 25 * US },
	    { 64 * KiB, true, 47500 } } },
	{ "several calls may fill it",
	    { { 64 * KiB, true, 10 * US }, { 320 * KiB, false, 0 },
	    { 319 * KiB, true, 25 * US }, { 320 * KiB, false, 0 },
	    { 320 * KiB, true, 25 * US } } },
	{ "much room is right, and the sleep stays as it is",
	    { { 64 * KiB, true, 10 * US }, { 640 * KiB, true, 10 * US },
	    { 959 * KiB, true, 10 * US } } },
	{ "an empty pipe was left alone for too long",
	    { { 64 * KiB, true, 10 * US }, { 64 * KiB, true, 25 * US },
	    { 960 * KiB, true, 12500 }, { 1024 * KiB, true, 0 } } },
	{ "no sleep while there is room, but that counts",
	    { { 64 * KiB, true, 10 * US }, { 64 * KiB, true, 25 * US },
	    { 1024 * KiB, false, 0 }, { 700 * KiB, true, 12500 } } },
	{ "after a sleep that came to nothing the next one comes later",
	    { { 64 * KiB, true, 10 * US }, { 1024 * KiB, true, 0 },
	    { 64 * KiB, true, 0 }, { 64 * KiB, true, 10 * US },
	    { 1024 * KiB, true, 0 }, { 64 * KiB, true, 0 },
	    { 64 * KiB, true, 0 }, { 64 * KiB, true, 10 * US } } },
	{ "a sleep that was right is tried again soon",
	    { { 64 * KiB, true, 10 * US }, { 1024 * KiB, true, 0 },
	    { 64 * KiB, true, 0 }, { 64 * KiB, true, 10 * US },
	    { 700 * KiB, true, 10 * US }, { 1024 * KiB, true, 0 },
	    { 64 * KiB, true, 0 }, { 64 * KiB, true, 10 * US } } },
};

/** True if the sleep is as expected after each call of the case. */
static bool
sleeps(size_t i)
{
	struct pipe_pace pace;

	pipe_pace_begin(&pace, -1, SIZE);
	for (size_t j = 0; j < COUNT(cases[i].calls) &&
	    cases[i].calls[j].moved != 0; j++)
		CHECK(pipe_pace_moved(&pace, cases[i].calls[j].moved,
		    cases[i].calls[j].full) == cases[i].calls[j].sleep);
	return true;
}

static bool
sleeps_only_for_a_pipe(void)
{
	struct pipe_pace none = { .size = 0 };

	for (int i = 0; i < 100; i++)
		CHECK(pipe_pace_moved(&none, 4 * KiB, true) == 0);
	return true;
}

/* It may become a fast one. */
static bool
does_not_leave_a_slow_reader_for_long(void)
{
	struct pipe_pace pace;
	int64_t sleep = 0;

	pipe_pace_begin(&pace, -1, SIZE);
	for (int i = 0; i < 100; i++)
		sleep = pipe_pace_moved(&pace, 4 * KiB, true);
	CHECK(sleep == 2 * MS);
	for (int i = 0; i < 8; i++)
		sleep = pipe_pace_moved(&pace, SIZE, true);
	CHECK(sleep == 0);
	return true;
}

/* Where each sleep is too long, however short. */
static bool
gives_up_but_for_rare_attempts(void)
{
	struct pipe_pace pace;
	bool slept = false;
	int attempts = 0;

	pipe_pace_begin(&pace, -1, SIZE);
	for (int i = 0; i < 10000; i++) {
		slept = pipe_pace_moved(&pace, slept ? SIZE : 64 * KiB,
		    true) > 0;
		attempts += slept;
	}
	CHECK(attempts > 50 && attempts < 200);
	return true;
}

/* Its reader may make it smaller.  Then it is never found with as much room as
 * its first size, however long the sleep. */
static bool
notices_that_the_pipe_holds_less(void)
{
	struct pipe_pace pace;
	int fd[2];

	CHECK(pipe(fd) == 0);
	keep(fd[0]);
	keep(fd[1]);
	pipe_pace_begin(&pace, fd[1], SIZE);
	CHECK(write(fd[1], content, 4 * KiB) == 4 * KiB);
	for (int i = 0; i < 100; i++)
		CHECK(pipe_pace_moved(&pace, 4 * KiB, true) == 0);
	return true;
}

/* Jobs */

static unsigned sleeps_asked;

/** Wait, and count the sleeps.  Nothing else may be waited for: the pipe
 * blocks. */
static int
wait_and_count(const struct zc_wait *wait, size_t count, void *arg)
{
	const struct timespec until = {
		.tv_sec = (time_t)(wait->until / 1000000000),
		.tv_nsec = (long)(wait->until % 1000000000) };

	(void)arg;
	if (count != 1 || wait->fd != -1 || wait->until == 0) {
		errno = EPROTO;
		return -1;
	}
	sleeps_asked++;
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	return 0;
}

/** Start a process that reads all of the pipe, by 4 KiB at a time. */
static pid_t
start_reader(const int *fd)
{
	static unsigned char got[4096];
	size_t done = 0;
	ssize_t n;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(fd[1]);
	while ((n = read(fd[0], got, sizeof(got))) > 0) {
		if (memcmp(got, content + done, (size_t)n) != 0)
			_exit(1);
		done += (size_t)n;
	}
	_exit(done != sizeof(content));
}

/* A caller who waits by itself may have a clock that counts in milliseconds,
 * and a pipe that blocks does not give EAGAIN. */
static bool
sleeps_by_the_wait_hook_only(enum zc_method method, bool hook)
{
	int fd[2], status;
	struct zc_request request;
	struct zc_result result;
	pid_t pid;

	CHECK(pipe(fd) == 0);
	request = request_for(keep(file_of(content, sizeof(content))),
	    keep(fd[1]), method);
	keep(fd[0]);
	request.wait = hook ? wait_and_count : NULL;
	request.pipe_size = BLOCK;	/* 27 times as much is to be moved */
	sleeps_asked = 0;
	pid = start_reader(fd);
	CHECK(pid > 0 && run(&request, &result) == 0);
	shut(fd[1]);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK((sleeps_asked > 0) == hook);
	return true;
}

int
main(void)
{
	begin();
	for (size_t i = 0; i < COUNT(cases); i++)
		CASE(sleeps(i), "%s", cases[i].what);
	CASE(sleeps_only_for_a_pipe(), "no sleep without a pipe");
	CASE(does_not_leave_a_slow_reader_for_long(),
	    "a slow reader is not left alone for longer and longer");
	CASE(notices_that_the_pipe_holds_less(),
	    "a pipe that was made smaller is not left empty");
	CASE(gives_up_but_for_rare_attempts(),
	    "attempts become rare where each sleep is too long");
	for (int hook = 0; hook < 2; hook++) {
		CASE_BY(ZC_SPLICE,
		    sleeps_by_the_wait_hook_only(ZC_SPLICE, hook),
		    "splice: %s", hook ? "the wait hook sleeps" :
		    "no EAGAIN without a wait hook");
		CASE_BY(ZC_SENDFILE,
		    sleeps_by_the_wait_hook_only(ZC_SENDFILE, hook),
		    "sendfile: %s", hook ? "the wait hook sleeps" :
		    "no EAGAIN without a wait hook");
	}
	finish();
	return 0;
}
