#include "config.h"

#include "pipe-pace.h"

#include <sys/ioctl.h>
#include <sys/param.h>

/* Nanoseconds.  A shorter sleep costs more than it saves. */
#define SLEEP_LEAST	INT64_C(10000)

/* A reader that was slow and becomes fast may wait for so long, once. */
#define SLEEP_MOST	INT64_C(2000000)

#define PENALTY_MOST	64

/** With so much room the pipe is as good as empty: the reader may have waited
 * for us. */
static int64_t
too_much(const struct pipe_pace *pace)
{
	return pace->size - pace->size / 16;
}

/** With less room the pipe is filled too often.  This must be well below
 * too_much(), or the sleep never settles. */
static int64_t
too_little(const struct pipe_pace *pace)
{
	return pace->size / 8 * 5;
}

static void
sleep_less(struct pipe_pace *pace)
{
	if (pace->sleep == 0)
		return;
	pace->sleep /= 2;
	if (pace->sleep >= SLEEP_LEAST)
		return;
	/* Even the shortest sleep is too long, because the reader is fast, or
	 * because the caller's function waits longer than it is asked to.  Try
	 * it again, but less and less often. */
	pace->sleep = 0;
	pace->skip = pace->penalty;
	pace->penalty = MIN(pace->penalty * 2, PENALTY_MOST);
}

static void
sleep_more(struct pipe_pace *pace)
{
	if (pace->skip > 0)
		pace->skip--;
	else
		pace->sleep = MIN(pace->sleep + pace->sleep / 2 + SLEEP_LEAST,
		    SLEEP_MOST);
}

/** Find out how much the pipe holds now that it is full.  It may have been made
 * smaller, and bytes from a socket do not fill each of its pages. */
static void
measure(struct pipe_pace *pace)
{
	int held;

	if (pace->fd >= 0 && ioctl(pace->fd, FIONREAD, &held) == 0 && held > 0)
		pace->size = held;
}

void
pipe_pace_begin(struct pipe_pace *pace, int fd, size_t size)
{
	*pace = (struct pipe_pace){ .fd = fd, .size = (int64_t)size,
		.penalty = 1 };
}

int64_t
pipe_pace_moved(struct pipe_pace *pace, int64_t moved, bool full)
{
	if (pace->size == 0)
		return 0;
	pace->room += moved;
	if (pace->room < too_much(pace) && !full)
		return 0;
	/* Only before a sleep grows: the ioctl(2) takes the pipe's lock. */
	if (pace->room < too_little(pace))
		measure(pace);
	if (pace->room >= too_much(pace))
		sleep_less(pace);
	else if (pace->room < too_little(pace))
		sleep_more(pace);
	else
		pace->penalty = 1;
	pace->room = 0;
	return full ? pace->sleep : 0;
}
