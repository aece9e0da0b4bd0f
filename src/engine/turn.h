/*
 * The copy loop, a turn at a time.
 */
#ifndef ENGINE_TURN_H
#define ENGINE_TURN_H

#include <stdbool.h>

#include "../zcopy.h"

/** One step and what follows from it.  False: EAGAIN, the caller waits for
 * what *wait (unless NULL) now says. */
bool job_turn(struct zc_job *, struct zc_wait *wait);

/** Set the candidate to work, or the first after it that can begin. */
void job_begin(struct zc_job *);

/** Ask `event`, which may end the job. */
void job_tell(struct zc_job *, enum zc_event_type, enum zc_method, int error);

/** The transfer is over. */
void job_finish(struct zc_job *, enum zc_outcome, int error);

/** Nothing more will move: what is held goes back to the source, or is lost;
 * all that the job holds of the kernel's is released.  Keeps errno. */
void job_settle(struct zc_job *);

#endif
