#include "config.h"

#include "deadline.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "clock.h"
#include "diag.h"
#include "signals.h"

static double limit;			/* seconds; 0: none */
static int64_t since;
static int64_t armed;			/* when the timer was set */
static double look;			/* seconds; 0: see deadline_look() */
static bool grace;			/* an eighth of it is enough */
static bool late;			/* news came when the time was up */

/**
 * Interrupt blocked calls after `seconds` (0: never), and then again and again,
 * because a signal that arrives just before the call is lost.  Never interrupt
 * earlier than necessary: a FUSE server may abandon a read(2) that is
 * interrupted, and the next read(2) starts its work from the beginning.
 */
static void
arm(double seconds)
{
	double every = limit > 0 ? MIN(limit / 8, 1.0) : look;

	if (look > 0 && (seconds <= 0 || look < seconds))
		seconds = look;
	armed = clock_now();
	(void)signals_tick(seconds > 0 ? MAX(seconds, 0.01) : 0,
	    MAX(every, 0.01));
}

void
deadline_begin(const struct options *options, double by_default)
{
	limit = options->timeout >= 0 ? options->timeout : by_default;
	look = 0;
	arm(limit);
	deadline_renew();
}

void
deadline_remove(void)
{
	limit = look = 0;
	arm(0);
}

void
deadline_look(double seconds)
{
	look = seconds;
	arm(limit);
}

void
deadline_renew(void)
{
	grace = late = false;
	if (limit <= 0)
		return;
	since = clock_now();
	/* Setting the timer is a system call: not for each block moved. */
	if (clock_seconds_since(armed) >= limit / 4)
		arm(limit);
}

void
deadline_extend(void)
{
	deadline_renew();
	grace = true;
	arm(limit / 8);
}

bool
deadline_passed(void)
{
	double most = grace ? limit / 8 : limit;

	return limit > 0 && clock_seconds_since(since) >= most;
}

double
deadline_limit(void)
{
	return limit;
}

const char *
deadline_reason(int error)
{
	static char text[64];

	if (error != ETIMEDOUT || !deadline_passed())
		return strerror(error);
	snprintf(text, sizeof(text), "nothing moved for %g s", limit);
	return text;
}

bool
deadline_allows(const char *state)
{
	int error = errno;

	if (error != EINTR || signals_caught() != 0)
		return false;
	if (deadline_passed()) {
		errno = ETIMEDOUT;
		return false;
	}
	if (signals_status_wanted())
		diag_error(NULL, "%s", state);
	return true;
}

/** Return the milliseconds until the deadline, or `milliseconds` if that is
 * less (-1: forever, as for poll(2)). */
static int
shorten(int milliseconds)
{
	double rest = (limit - clock_seconds_since(since)) * 1000 + 1;

	if (limit <= 0 || (milliseconds >= 0 && milliseconds <= rest))
		return milliseconds;
	return (int)MIN(MAX(rest, 0), INT_MAX);
}

bool
deadline_moved(ssize_t n, const char *state)
{
	if (n < 0)
		return deadline_allows(state);
	if (n > 0)
		deadline_renew();
	if (signals_status_wanted())
		diag_error(NULL, "%s", state);
	/* A read(2) that never blocks never fails with EINTR. */
	errno = signals_caught() != 0 ? EINTR : 0;
	return n > 0 && errno == 0;
}

int
deadline_poll(struct pollfd *polled, unsigned count, int milliseconds,
    const char *state)
{
	int ready = poll(polled, count, shorten(milliseconds));

	if (ready < 0 && !deadline_allows(state))
		return -1;
	/* A poll(2) that returns at once never fails with EINTR. */
	errno = EINTR;
	if (signals_caught() != 0)
		return -1;
	if (!deadline_passed())
		return MAX(ready, 0);
	/* The deadline has passed.  The event may have come before it, while
	 * we were stopped (SIGSTOP): return it once.  Another event, without
	 * deadline_renew() in between, is too late. */
	errno = ETIMEDOUT;
	if (ready <= 0 || late)
		return -1;
	late = true;
	return ready;
}

enum status
deadline_check(const struct options *options)
{
	if (options->timeout <= 0 || signals_tick(1, 1) == 0)
		return STATUS_OK;
	diag_errno("--timeout", "timer");
	return STATUS_OTHER;
}
