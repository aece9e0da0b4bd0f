#include "config.h"

#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/minmax.h"
#include "../endpoint/look.h"
#include "../system/filesystem.h"
#include "../system/page-cache.h"
#include "../system/socket-pages.h"
#include "../system/uncached.h"

#define MIB		((int64_t)1024 * 1024)

/* Drop pages each time so much has moved.  That much stays until the next time,
 * because a pipe or a socket may still use it. */
#define STRIDE		(4 * MIB)

/* No read-ahead, and no large folio, reaches farther from what is moved. */
#define REACH		(64 * MIB)

/* Look at so much at a time where some pages are in memory and some are not. */
#define WINDOW		(16 * MIB)

enum {
	KEPT_MAX = 65536,		/* of struct cache_run: 1 MiB */
	PAUSE_MIN = 1000,		/* microseconds between two tries to
					   drop pages that are in use */
	PAUSE_MAX = 128000,		/* before the last try */
};

/** Keep the pages of this range, which is behind those that are kept already.
 * If there are too many runs, keep everything from here on.  Return 0, or -1
 * with ENOMEM. */
static int
keep(struct cache *cache, int64_t from, int64_t to)
{
	if (cache->kept == NULL)
		cache->kept = calloc(KEPT_MAX, sizeof(*cache->kept));
	if (cache->kept == NULL)
		return -1;
	if (cache->count > 0 && cache->kept[cache->count - 1].to == from) {
		cache->kept[cache->count - 1].to = to;
		return 0;
	}
	if (cache->count == KEPT_MAX - 1)
		to = INT64_MAX;
	cache->kept[cache->count++] = (struct cache_run){ from, to };
	return 0;
}

/** Keep those pages of the range that are in memory, by looking at ever smaller
 * parts of it.  Return 0, or -1 with errno. */
static int
keep_resident(struct cache *cache, int64_t from, int64_t to)
{
	int64_t resident, step;

	if (cache->count == KEPT_MAX)
		return 0;
	resident = page_cache_count(cache->ep->fd, from, to);
	if (resident <= 0)
		return (int)resident;
	if (resident >= to - from)
		return keep(cache, from, to);
	step = min64(page_cache_ceiling((to - from) / 2), WINDOW);
	for (; from < to; from += step)
		if (keep_resident(cache, from, MIN(from + step, to)) < 0)
			return -1;
	return 0;
}

/** Return the sum, or INT64_MAX. */
static int64_t
sum(int64_t a, int64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/** True if it is a file or disk whose pages can be dropped. */
static bool
has_cache(const struct endpoint *ep, const struct look *look)
{
	return look->kind == ZC_BLOCK || (look->kind == ZC_REGULAR &&
	    filesystem_of(ep->fd) != FILESYSTEM_MEMORY);
}

/** Drop nothing, because the kernel does not do `what`, for this reason.  Have
 * it keep the data out of its page cache instead: that of SOURCE by
 * RWF_DONTCACHE or F_NOCACHE, if read-write may be used; that of DEST by
 * F_NOCACHE.  Never set the latter on an inherited descriptor.  If neither
 * works, print a note. */
static void
do_without(struct cache *cache, int64_t size, const char *what,
    const char *reason)
{
	const struct endpoint *ep = cache->ep;
	const struct options *options = ep->options;
	const bool reads = ep->role == ROLE_SOURCE;
	bool fits = !reads || options->method == ZC_READ_WRITE ||
	    (options->method == ZC_AUTO && options->rules == NULL);
	bool uncached = fits && ((reads && uncached_reads(ep->fd, size)) ||
	    (!ep->inherited && uncached_set(ep->fd) == 0));

	free(cache->kept);
	*cache = (struct cache){ .begun = true, .uncached = uncached };
	if (!uncached)
		diag_note("%s: --no-cache: data stays in the page cache, "
		    "because the kernel does not %s: %s", ep->name, what,
		    reason);
}

enum status
cache_begin(struct cache *cache, const struct endpoint *ep, int64_t offset)
{
	const struct options *options = ep->options;
	struct look look;
	int64_t end = INT64_MAX;

	if (!options->no_cache || cache->begun)
		return STATUS_OK;
	cache->begun = true;
	look_open(&look, ep);
	if (!has_cache(ep, &look) || look.start < 0 || look.size < 0)
		return STATUS_OK;
	if (ep->role == ROLE_DEST && (look.flags & O_APPEND))
		look.start = look.size;
	*cache = (struct cache){ .ep = ep, .begun = true };
	if (page_cache_check_drop(ep->fd) < 0) {
		do_without(cache, look.size, "drop it", strerror(errno));
		return STATUS_OK;
	}
	cache->begin = sum(look.start, offset);
	cache->before = cache->at = cache->moved = cache->begin;
	cache->first = page_cache_floor(MAX(cache->begin - REACH, 0));
	if (options->bytes != ZC_TO_END)
		end = sum(sum(cache->begin, options->bytes), REACH);
	end = page_cache_ceiling(MIN(end, look.size));
	/* Who makes SOURCE longer brings these pages in; DEST is longer by
	 * us. */
	cache->last = ep->role == ROLE_SOURCE ? end : INT64_MAX;
	if (keep_resident(cache, cache->first, end) == 0)
		return STATUS_OK;
	if (errno == ENOMEM)
		return endpoint_error(ep, "--no-cache");
	do_without(cache, look.size, "tell what was there before",
	    errno == EPERM ? "only to its owner, and to users who may write "
	    "it" : strerror(errno));
	return STATUS_OK;
}

/** Return the index of the first run that is kept and ends behind `from`. */
static size_t
next_kept(const struct cache *cache, int64_t from)
{
	size_t low = 0, high = cache->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cache->kept[middle].to > from)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/** Drop the pages of the range that are ours.  Return how many bytes the others
 * have. */
static int64_t
drop(const struct cache *cache, int64_t from, int64_t to)
{
	int64_t kept = 0;

	from = page_cache_floor(MAX(from, cache->first));
	to = page_cache_ceiling(MIN(to, cache->last));
	for (size_t i = next_kept(cache, from); i < cache->count; i++) {
		const struct cache_run *run = &cache->kept[i];

		if (run->from >= to)
			break;
		page_cache_drop(cache->ep->fd, from, run->from);
		kept += MIN(run->to, to) - MAX(run->from, from);
		from = MIN(run->to, to);
	}
	page_cache_drop(cache->ep->fd, from, to);
	return kept;
}

/** Write DEST's pages of this range to the disk, because dirty ones cannot be
 * dropped. */
static enum status
clean(const struct cache *cache, int64_t from, int64_t to)
{
	if (cache->ep->role == ROLE_DEST &&
	    page_cache_clean(cache->ep->fd, from, to) < 0)
		return endpoint_error(cache->ep, "write back");
	return STATUS_OK;
}

enum status
cache_follow(struct cache *cache, int64_t position)
{
	enum status status;

	if (cache->ep == NULL)
		return STATUS_OK;
	cache->moved = position;
	if (position - cache->at < STRIDE)
		return STATUS_OK;
	/* Let the disk write this part while we wait for the one before. */
	if (cache->ep->role == ROLE_DEST)
		page_cache_begin_cleaning(cache->ep->fd, cache->at, position);
	status = clean(cache, cache->before, cache->at);
	/* Begin where the last but one part began: a large folio that was
	 * partly in front of its end could not be dropped. */
	(void)drop(cache, cache->before - STRIDE, cache->at);
	cache->before = cache->at;
	cache->at = position;
	return status;
}

enum status
cache_end(struct cache *cache)
{
	int64_t to = min64(sum(cache->moved, REACH), cache->last), kept;
	enum status status;

	if (cache->ep == NULL)
		return STATUS_OK;
	status = clean(cache, cache->begin, cache->moved);
	kept = drop(cache, cache->first, to);
	/* Those that are being read in, or on their way to a peer, are in use.
	 * If it is for longer, let them stay. */
	for (useconds_t pause = PAUSE_MIN; pause <= PAUSE_MAX &&
	    page_cache_count(cache->ep->fd, cache->first, to) > kept;
	    pause *= 2) {
		socket_pages_release();
		usleep(pause);
		(void)drop(cache, cache->first, to);
	}
	free(cache->kept);
	*cache = (struct cache){ .ep = NULL };
	return status;
}
