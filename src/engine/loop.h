/*
 * The copy loop.  It makes one step (motion.c), has the end of the source
 * confirmed (confirm.c), and acts on the outcome: it goes on, falls back to
 * another method (fallback.c), waits (waiting.c) or ends (ending.c).
 *
 * Invariant: `taken` bytes have been taken from the source, the sink has
 * `given` of them, and the others are in a store, or are read again later.
 */
#ifndef ENGINE_LOOP_H
#define ENGINE_LOOP_H

#include <stdbool.h>

#include "job.h"

/** Make steps until no sink is left to serve, or all that are left must wait
 * and the caller is to wait for them.  Return true, or false: the caller is to
 * wait for `waits`, of which `count` are set. */
bool loop_run(struct zc_job *, struct zc_wait *waits, size_t count);

#endif
