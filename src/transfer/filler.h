/*
 * The thread of --buffer that reads SOURCE: an engine job of its own, from
 * SOURCE to the buffer.
 */
#ifndef TRANSFER_FILLER_H
#define TRANSFER_FILLER_H

#include <stdbool.h>

#include "../endpoint/endpoint.h"
#include "../zcopy.h"
#include "buffer.h"

struct filler;

/** Start the thread.  It moves what the options ask for, with these flags (enum
 * zc_flag), and completes the buffer in any case.  `start` is the position of
 * the buffer's first byte.  SOURCE and the buffer must outlive it.  Return NULL
 * with errno on failure. */
struct filler *filler_start(const struct endpoint *source, struct buffer *,
    int64_t start, unsigned flags);

/** Return what became of SOURCE, as far as it is known: the outcome is
 * ZC_UNFINISHED until the buffer is complete.  The sink is the buffer. */
struct zc_result filler_result(struct filler *);

/** End the thread.  It has moved all that it was to move, unless this is
 * `early`: then stop it first.  Set *result, free the filler and return true.
 * If the thread is stuck in a call, leave it to the end of the process and
 * return false: it still uses SOURCE and the buffer. */
bool filler_end(struct filler *, bool early, struct zc_result *result);

#endif
