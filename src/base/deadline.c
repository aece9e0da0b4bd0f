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

/**
 * Interrupt blocked calls after `seconds` (0: never), and then again and again,
 * because a signal that arrives just before the call is lost.  Never interrupt
 * earlier than necessary: a FUSE server may abandon a read(2) that is
 * interrupted, and the next read(2) starts its work from the beginning.
 */
static void
arm(struct deadline *deadline, double seconds)
{
	double limit = deadline->limit, look = deadline->look;
	double every = limit > 0 ? MIN(limit / 8, 1.0) : look;

	if (look > 0 && (seconds <= 0 || look < seconds))
		seconds = look;
	deadline->armed = clock_now();
	(void)signals_tick(seconds > 0 ? MAX(seconds, 0.01) : 0,
	    MAX(every, 0.01));
}

void
deadline_begin(struct deadline *deadline, const struct options *options,
    double by_default)
{
	*deadline = (struct deadline){ .limit = options->timeout >= 0 ?
		options->timeout : by_default };
	arm(deadline, deadline->limit);
	deadline_renew(deadline);
}

void
deadline_remove(struct deadline *deadline)
{
	*deadline = (struct deadline){ .limit = 0 };
	arm(deadline, 0);
}

void
deadline_look(struct deadline *deadline, double seconds)
{
	deadline->look = seconds;
	arm(deadline, deadline->limit);
}

void
deadline_renew(struct deadline *deadline)
{
	deadline->late = false;
	if (deadline->limit <= 0)
		return;
	deadline->since = clock_now();
	/* Setting the timer is a system call: not for each block moved. */
	if (clock_seconds_since(deadline->armed) >= deadline->limit / 4)
		arm(deadline, deadline->limit);
}

bool
deadline_passed(const struct deadline *deadline)
{
	return deadline->limit > 0 &&
	    clock_seconds_since(deadline->since) >= deadline->limit;
}

const char *
deadline_reason(const struct deadline *deadline, int error)
{
	static char text[64];

	if (error != ETIMEDOUT || !deadline_passed(deadline))
		return strerror(error);
	snprintf(text, sizeof(text), "nothing moved for %g s",
	    deadline->limit);
	return text;
}

bool
deadline_allows(const struct deadline *deadline)
{
	int error = errno;

	if (error != EINTR || signals_caught() != 0)
		return false;
	if (deadline_passed(deadline)) {
		errno = ETIMEDOUT;
		return false;
	}
	signals_answer();
	return true;
}

/** Return the milliseconds until the deadline, or `milliseconds` if that is
 * less (-1: forever, as for poll(2)). */
static int
shorten(const struct deadline *deadline, int milliseconds)
{
	double rest = (deadline->limit -
	    clock_seconds_since(deadline->since)) * 1000 + 1;

	if (deadline->limit <= 0 ||
	    (milliseconds >= 0 && milliseconds <= rest))
		return milliseconds;
	return (int)MIN(MAX(rest, 0), INT_MAX);
}

bool
deadline_moved(struct deadline *deadline, ssize_t n)
{
	if (n < 0)
		return deadline_allows(deadline);
	if (n > 0)
		deadline_renew(deadline);
	signals_answer();
	/* A read(2) that never blocks never fails with EINTR. */
	errno = signals_caught() != 0 ? EINTR : 0;
	return n > 0 && errno == 0;
}

int
deadline_poll(struct deadline *deadline, struct pollfd *polled, unsigned count,
    int milliseconds)
{
	int ready = poll(polled, count, shorten(deadline, milliseconds));

	if (ready < 0 && !deadline_allows(deadline))
		return -1;
	/* A poll(2) that returns at once never fails with EINTR. */
	errno = EINTR;
	if (signals_caught() != 0)
		return -1;
	if (!deadline_passed(deadline))
		return MAX(ready, 0);
	/* The deadline has passed.  The event may have come before it, while
	 * we were stopped (SIGSTOP): return it once.  Another event, without
	 * deadline_renew() in between, is too late. */
	errno = ETIMEDOUT;
	if (ready <= 0 || deadline->late)
		return -1;
	deadline->late = true;
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
