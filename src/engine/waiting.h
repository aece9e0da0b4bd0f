/*
 * Waiting, in one place: until an end is ready, or until the caller's function
 * allows more.
 */
#ifndef ENGINE_WAITING_H
#define ENGINE_WAITING_H

#include <stdbool.h>

#include "job.h"

/** Begin the request's timeout again, because something has moved: to this sink
 * if it is not NULL. */
void wait_renew(struct zc_job *, struct sink *);

/** If some sinks, but not all, have had no room for the request's timeout, end
 * these.  If nothing has moved anywhere for that time, end all.  Return true if
 * a sink has ended. */
bool wait_check_timeout(struct zc_job *);

/** Note what the sink, or its supply, is to wait for.  A second EAGAIN in a row
 * from an end that cannot be waited for ends the sink. */
void wait_note(struct zc_job *, struct sink *, const struct step *);

/** A signal has ended a call for this end, the sink's own or its source.  If it
 * is a socket whose SO_RCVTIMEO or SO_SNDTIMEO has passed since bytes moved,
 * note what to wait for, as after EAGAIN.  The kernel begins that time again at
 * each call, so signals that come more often would keep it from passing. */
void wait_interrupted(struct zc_job *, struct sink *, struct end *);

/** Let the sink sleep for `time` nanoseconds before its next call; 0: not at
 * all. */
void wait_sleep(struct sink *, int64_t time);

/** Limit the call to what the request's function allows.  Return false if it
 * allows nothing now: then note until when to wait.  If that is a time and the
 * source has ended, nobody need wait for it: set supply->ended. */
bool wait_allows(struct zc_job *, struct sink *, struct call *);

/** Send what the sink keeps back, because the job may sleep now, and that must
 * not wait as long.  Return false if the sink is not ready, was interrupted, or
 * failed. */
bool wait_flush_sink(struct zc_job *, struct sink *);

/** Do so for all sinks of the supply, unless its source is ready. */
bool wait_flush(struct zc_job *, struct supply *);

/** Forget what was waited for. */
void wait_over(struct zc_job *);

/** Wait until a step can be made, by the request's function.  Return false if
 * the caller is to wait, for `waits`, of which `count` are set. */
bool wait_for_any(struct zc_job *, struct zc_wait *waits, size_t count);

#endif
