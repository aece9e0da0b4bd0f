/*
 * The copy loop.  It makes one step (motion.c), has the end of the source
 * confirmed (confirm.c), and acts on the outcome.  Fallback, waiting and
 * interruption are handled here, and only here.
 *
 * Invariant: `taken` bytes have been taken from the source, the sink has
 * `given` of them, and the others are in a store.
 */
#ifndef ENGINE_LOOP_H
#define ENGINE_LOOP_H

#include <stdbool.h>

#include "job.h"

/** Make steps until no sink is left to serve, or all that are left must wait
 * and the caller is to wait for them.  Return true, or false: the caller is to
 * wait for `waits`, of which `count` are set. */
bool loop_run(struct zc_job *, struct zc_wait *waits, size_t count);

/** Begin with the sinks' candidates, or the first ones after them that can. */
void loop_begin(struct zc_job *, struct supply *);

/** Return what a store for this sink is opened for. */
struct setup loop_setup(const struct zc_job *, const struct sink *);

/** Report to the request's event function, which may stop the job. */
void loop_report(struct zc_job *, struct sink *, enum zc_event_type,
    enum zc_method, int error);

/** End the sink with this outcome, and the whole job unless others may go
 * on. */
void loop_finish(struct zc_job *, struct sink *, enum zc_outcome, int error);

/** End what has not ended yet, without an outcome.  Keep errno. */
void loop_settle(struct zc_job *);

#endif
