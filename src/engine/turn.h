/*
 * The copy loop, one turn at a time.
 */
#ifndef ENGINE_TURN_H
#define ENGINE_TURN_H

#include <stdbool.h>

#include "../zcopy.h"

/** Make one step, and act on its outcome.  Return false for EAGAIN: the caller
 * is to wait for what *wait (if not NULL) now says. */
bool job_turn(struct zc_job *, struct zc_wait *wait);

/** Begin with the plan's candidate, or the first one after it that can. */
void job_begin(struct zc_job *);

/** Report to the request's event function, which may stop the job. */
void job_report(struct zc_job *, enum zc_event_type, enum zc_method, int error);

/** End the job with this outcome. */
void job_finish(struct zc_job *, enum zc_outcome, int error);

/** Put the bytes held back into the source, or count them as lost, and release
 * the method's store and the cork.  Keep errno. */
void job_settle(struct zc_job *);

#endif
