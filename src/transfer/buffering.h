/*
 * --buffer in a run: a filler reads SOURCE, and the engine's job follows.
 *
 * If the buffer is in SOURCE's own pages, the job reads SOURCE as it does
 * without --buffer, but only as far as the filler has got.  All that happens to
 * SOURCE, such as a read error, happens to the job, too, so nothing that the
 * filler finds has to be reported.
 *
 * Otherwise the job is indirect: it reads the buffer instead of SOURCE, and
 * only the filler knows what became of that.
 */
#ifndef TRANSFER_BUFFERING_H
#define TRANSFER_BUFFERING_H

#include <stdint.h>

#include "../base/status.h"
#include "../endpoint/look.h"
#include "../zcopy.h"
#include "mover.h"

/** Check --buffer=SIZE before anything is opened.  Return STATUS_OK; on
 * failure, print the reason and return the exit status. */
enum status buffering_check(const struct options *);

/** Make the buffer, if the user wants one.  Return as buffering_check(). */
enum status buffering_open(struct mover *);

/** Have the request, whose `allow` is mover_allow(), read the buffer, or SOURCE
 * behind the filler. */
void buffering_request(const struct mover *, struct zc_request *);

/** Start the filler; `flags` are those of a job without a buffer.  Return as
 * buffering_check(). */
enum status buffering_start(struct mover *, unsigned flags);

/** Return how many of these bytes the buffer has for the destination that is
 * ahead of the others; 0: none yet; -1 with errno: SOURCE has failed, and all
 * that was read before has been moved (only if the job is indirect). */
int64_t buffering_allow(const struct mover *, int64_t bytes);

/** End the filler, once the job has ended.  Leave SOURCE where the transfer
 * ended, if it has a position, and otherwise count what is lost. */
void buffering_end(struct mover *);

/** At the end of the data: check that the buffer has not failed.  Return as
 * buffering_check(). */
enum status buffering_check_end(const struct mover *);

/** Check, if all went well, that everything that went into the buffer has come
 * out.  Return as buffering_check(). */
enum status buffering_confirm(const struct mover *, int64_t bytes);

/** If the buffer itself is why SOURCE seems to have failed or to have ended
 * early, print the reason and return the exit status.  Otherwise return
 * STATUS_OK. */
enum status buffering_ask(const struct mover *, const struct zc_result *);

/** Return where the buffer is for these ends, which need not be open: `in` is
 * what was seen of SOURCE.  `to_file`: a destination is a regular file. */
enum buffer_form buffering_form(struct ends *, const struct look *in,
    bool to_file);

/** If the job is indirect, put into the result of a sink what only the filler
 * knows: why SOURCE has failed, and how many bytes are lost. */
void buffering_correct(const struct mover *, struct zc_result *);

/** Return the flags of a job that is indirect, given those without a
 * buffer. */
unsigned buffering_flags(unsigned flags);

#endif
