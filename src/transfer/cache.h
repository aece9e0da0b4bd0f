/*
 * --no-cache: leave the page cache as it was found.
 *
 * Before anything is read or written, find out which pages of an end are in the
 * page cache: these are kept.  While data moves, and once more at the end, drop
 * all others near the range that is moved: reading ahead brings in pages behind
 * it, and large folios pages before it.
 *
 * Only regular files and block devices are looked after.  All functions do
 * nothing without --no-cache, and for other ends.
 */
#ifndef TRANSFER_CACHE_H
#define TRANSFER_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "../base/status.h"
#include "../endpoint/endpoint.h"
#include "../zcopy.h"

/* Pages, as a range of bytes [from, to), that were in the page cache before. */
struct cache_run {
	int64_t from, to;
};

/* One end; all zeros: nothing is dropped. */
struct cache {
	const struct endpoint *ep;	/* NULL: nothing is dropped */
	int64_t first, last;		/* of the pages that we may drop, as
					   [first, last) */
	int64_t before, at;		/* the last two positions where pages
					   behind were dropped */
	int64_t begin, moved;		/* what has moved: [begin, moved) */
	struct cache_run *kept;		/* sorted, and apart from each other */
	size_t count;
	bool begun;			/* cache_begin() was called */
	bool uncached;			/* the kernel keeps the data out: use
					   ZC_DONT_CACHE for SOURCE */
};

/**
 * Find out what the page cache holds of an end that will move data from
 * `offset` bytes behind its position on.  Call it before anything is read or
 * written.  If it cannot be found out, or no page can be dropped, drop nothing,
 * and set cache->uncached if the kernel can keep the data out; otherwise print
 * a note.  Further calls do nothing: resume() reads DEST before it is written.
 * Return STATUS_OK; on failure, print the reason and return the exit status.
 */
enum status cache_begin(struct cache *, const struct endpoint *,
    int64_t offset);

/** Drop pages that are some MiB behind, now that the end has moved to
 * `position`.  Return STATUS_OK; if DEST cannot be written to its disk, print
 * the reason and return the exit status. */
enum status cache_follow(struct cache *, int64_t position);

/** Drop what is left, and free everything.  The end must still be open.  Return
 * as cache_follow() does. */
enum status cache_end(struct cache *);

#endif
