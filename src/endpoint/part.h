/*
 * The part of a DEST with --resume: a file DEST.part in the real directory of
 * DEST, which stays if the transfer fails, with a record of what it holds
 * (record.h).
 *
 * A part is a regular file of our own user, with one link, and locked by
 * flock(2) as long as a zcopy is at work on it.  A file of that name that is
 * not empty and has no record is somebody else's, and is never touched.
 *
 * A part that has bytes always has a record: it gets the first one before the
 * first byte, and loses it only once its name is a temporary one.  The record
 * counts only bytes that were flushed before it was written, so it is true also
 * after a crash of the system.
 */
#ifndef PART_H
#define PART_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/status.h"
#include "endpoint.h"
#include "record.h"

#define PART_SUFFIX	".part"

struct digest;
struct location;

/** Open and lock the part, as ep->part and ep->fd, or create it.  `location`
 * must stay open until part_abort().  Return STATUS_OK; on failure, print the
 * reason and return the exit status. */
enum status part_open(struct endpoint *ep, const struct location *location);

/** Close a part that is not ours, as it is, and free ep->part. */
void part_leave(struct endpoint *ep);

/** Read the record of the part in this location, for --explain; one of zeros if
 * there is no part.  Touch nothing.  Return as part_open(). */
enum status part_look(const struct endpoint *ep,
    const struct location *location, struct record *record);

/** Return the record of the part, as the last run has left it. */
const struct record *part_record(const struct endpoint *ep);

/** Write "DEST.part", for messages. */
void part_name(const struct endpoint *ep, char *name, size_t size);

/**
 * Write this record to the part, cut it to record->flushed bytes, and go there.
 * `digest` is that of these bytes, and becomes the part's.  From now on the
 * part is ours to change.  Return as part_open().
 */
enum status part_begin(struct endpoint *ep, const struct record *record,
    struct digest *digest);

/** Note that data has been written up to here. */
void part_note(const struct endpoint *ep, int64_t written);

/** Note that the data is worth nothing, because SOURCE has changed: let
 * part_abort() remove the part. */
void part_discard(struct endpoint *ep);

/** The part is complete: give it a temporary name, written to `temporary`, and
 * remove its record.  Return as part_open(). */
enum status part_release(struct endpoint *ep, char *temporary);

/**
 * Keep the part for the next run, or remove it if nothing in it could be used,
 * unless it was there before and part_begin() was not called; free ep->part.
 * If its name is `temporary`, it gets its old one and a record again, and
 * `temporary` becomes "".  If that is impossible, `temporary` stays for the
 * caller to remove.  NULL: it has become DEST, and there is only memory to
 * free.
 */
void part_abort(struct endpoint *ep, char *temporary);

#endif
