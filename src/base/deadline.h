/*
 * Waiting for the other side, which signals interrupt and time-outs end.
 */
#ifndef BASE_DEADLINE_H
#define BASE_DEADLINE_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "../base/options.h"
#include "status.h"

/* Seconds, where --timeout does not say otherwise. */
#define DEADLINE_CONNECT	60.0	/* to connect, and to be confirmed */
#define DEADLINE_NEVER	0.0

/** Can --timeout be kept?  STATUS_OK, or another once the reason is printed. */
enum status deadline_check(const struct options *);

/**
 * Something is waited for from now on: as long as --timeout says, or by
 * default so many seconds.  One thing at a time: this ends the wait before.
 */
void deadline_begin(const struct options *, double by_default);

/** Wait for ever. */
void deadline_end(void);

/** Until the next deadline_begin(), interrupt what blocks every so many seconds
 * though nothing is late: there is something else to look at. */
void deadline_look(double seconds);

/** Something moved: the time begins anew. */
void deadline_renew(void);

/** The time was up, but not ours to use: a little more. */
void deadline_extend(void);

/** Is the time up? */
bool deadline_passed(void);

/** Return strerror(error), or for ETIMEDOUT, once the deadline has passed,
 * "nothing moved for N s".  Static text. */
const char *deadline_reason(int error);

/** How many seconds it was, from begin or renew to the end; 0: no end. */
double deadline_limit(void);

/**
 * A call failed; is it to be made again?  Only after EINTR, and not when a
 * signal wants to end us, nor when the time is up: then errno is ETIMEDOUT.
 * SIGUSR1 is answered by `state`, which says how far things are.
 */
bool deadline_allows(const char *state);

/**
 * True if a call like read(2), which returned n, is to be made again: after
 * EINTR as deadline_allows() says, and after n > 0 unless a signal ends us.
 * False: errno is 0 at the end of the data (n is 0), or the reason.
 */
bool deadline_moved(ssize_t n, const char *state);

/**
 * Call poll(2), for at most `milliseconds` (-1: until the time is up).  Return
 * what it returns, or 0 when interrupted.  -1: EINTR if a signal ends us, or
 * ETIMEDOUT.  Events alone do not extend the time: deadline_renew() does, when
 * something has moved.
 */
int deadline_poll(struct pollfd *, unsigned count, int milliseconds,
    const char *state);

/** The state of an end that is not ready. */
#define WAITING_FIRST	"0 bytes so far, waiting for the other side"

#endif
