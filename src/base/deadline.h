/*
 * The deadline of a wait (--timeout), which belongs to whoever waits.
 *
 * Calls that block have no time-out of their own: a timer interrupts them
 * (EINTR), and deadline_allows() says whether to repeat the call.  There is one
 * timer, which the deadline that was set last uses.
 */
#ifndef BASE_DEADLINE_H
#define BASE_DEADLINE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "options.h"
#include "status.h"

/* Seconds, where --timeout does not say otherwise. */
#define DEADLINE_CONNECT	60.0	/* to connect, and to be confirmed */
#define DEADLINE_NEVER	0.0

/** If --timeout needs a timer, check that one can be set, by setting it: it
 * ticks until a deadline sets it otherwise.  Return STATUS_OK; on failure,
 * print the reason and return the exit status. */
enum status deadline_check(const struct options *);

struct deadline {
	double limit;		/* seconds; 0: wait forever */
	int64_t since;		/* when it was begun or renewed; clock_now() */
	int64_t armed;		/* when the timer was set; clock_now() */
	double look;		/* seconds of deadline_look(); 0: not called */
	bool late;		/* deadline_poll() has returned an event after
				   the deadline, and will return no other */
};

/** Set the deadline to --timeout seconds from now; without that option, to
 * `by_default` seconds. */
void deadline_begin(struct deadline *, const struct options *,
    double by_default);

/** Wait forever. */
void deadline_remove(struct deadline *);

/** Also interrupt blocked calls after `seconds`, and then again and again,
 * because the caller has something else to check. */
void deadline_look(struct deadline *, double seconds);

/** Restart the deadline, because something moved. */
void deadline_renew(struct deadline *);

/** True if the deadline has passed. */
bool deadline_passed(const struct deadline *);

/** Return strerror(error), or for ETIMEDOUT, once the deadline has passed,
 * "nothing moved for N s".  Static text. */
const char *deadline_reason(const struct deadline *, int error);

/**
 * True if a call that failed is to be repeated: only after EINTR, and only if
 * no signal ends us and the deadline has not passed.  Once it has passed, errno
 * is ETIMEDOUT.  Answer SIGUSR1 if it has arrived.
 */
bool deadline_allows(const struct deadline *);

/**
 * True if a call like read(2), which returned n, is to be repeated: after EINTR
 * as deadline_allows() says, and after n > 0 unless a signal ends us.  If
 * false, errno is 0 at the end of the data (n is 0), or the reason.
 */
bool deadline_moved(struct deadline *, ssize_t n);

/**
 * Call poll(2), for at most `milliseconds` (-1: until the deadline).  Return
 * what it returns, or 0 when interrupted; -1 with errno EINTR if a signal ends
 * us, or ETIMEDOUT.  Events do not extend the deadline: call deadline_renew()
 * when something has moved.
 */
int deadline_poll(struct deadline *, struct pollfd *, unsigned count,
    int milliseconds);

#endif
