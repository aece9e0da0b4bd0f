/*
 * --resume: go on where an earlier run has ended.
 *
 * What is trusted is decided here: the part must hold what was flushed
 * (../endpoint/record.h), by its digest, and SOURCE must be the same file, by
 * its identity.  If only its ctime has moved (chmod, link), if its times were
 * so recent that a change may not have moved them, and for a block device, the
 * bytes of SOURCE are compared with those of the part.
 */
#ifndef TRANSFER_RESUME_H
#define TRANSFER_RESUME_H

#include "../base/status.h"
#include "../endpoint/endpoint.h"

struct cache;
struct digest;
struct look;

/** Check, before anything is opened, that both ends can be resumed.  Return
 * STATUS_OK, also without --resume; otherwise print what to do instead, and
 * return STATUS_USAGE. */
enum status resume_check(const struct endpoint *source,
    const struct endpoint *dest);

/**
 * Find out how much of the part can be used, cut it there, and move both ends,
 * which are at their first byte, to that place: source->resumed and
 * dest->resumed.  Without --resume do nothing.
 *
 * The bytes that an earlier run has moved are read again, and given to
 * `digest`, too, unless that is NULL: it becomes that of all of DEST.  `cache`
 * is that of DEST.  Return STATUS_OK; on failure, print the reason and return
 * the exit status.
 */
enum status resume(struct endpoint *source, struct endpoint *dest,
    struct cache *cache, struct digest *digest);

/** For --explain: print where the run would go on, as far as the record of the
 * part tells.  `in` is what was seen of SOURCE.  Return as resume(). */
enum status resume_explain(const struct endpoint *source, const struct look *in,
    const struct endpoint *dest);

#endif
