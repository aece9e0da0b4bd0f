/*
 * A thread that follows the data: it reads again, from the page cache, what has
 * been moved of SOURCE, and adds it to a digest.  So methods that never show us
 * the data can move it.
 *
 * Its lag is limited, so that the pages are still in memory.
 */
#ifndef TRANSFER_FOLLOWER_H
#define TRANSFER_FOLLOWER_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/digest.h"
#include "../zcopy.h"

struct follower;

/** Start the thread.  `fd` can be read at any offset.  `digest` is used by
 * nobody else until follower_finish() has succeeded.  Return NULL with errno on
 * failure. */
struct follower *follower_start(int fd, struct digest *digest);

/** Add bytes that have been moved.  They come behind those that were added
 * before. */
void follower_add(struct follower *, const struct zc_moved *);

/** Return how many of `bytes` may be moved now without leaving the follower too
 * far behind; or return 0 and set *until, as zc_request.allow does. */
int64_t follower_allow(struct follower *, int64_t bytes, int64_t *until);

/** Wait until all that was added is in the digest.  Return 0, or -1 with errno:
 * that of pread(2), ENODATA if the file ended early, EINTR if a signal ends
 * us. */
int follower_finish(struct follower *);

/** End the thread, or do nothing for NULL.  Return true if it has ended and
 * everything is freed.  If it is stuck in pread(2), leave it to the end of the
 * process, and return false: the digest is still in use. */
bool follower_end(struct follower *);

#endif
