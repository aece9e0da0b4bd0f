#include "config.h"

#include "page-cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/minmax.h"
#include "../base/missing.h"
#include "block.h"

#define MAPPED_MAX	((int64_t)64 << 20)	/* bytes, by one mmap(2) */
#define PAGES_MAX	(MAPPED_MAX / 4096)	/* no system has smaller ones */

int64_t
page_cache_floor(int64_t offset)
{
	return offset - offset % sysconf(_SC_PAGESIZE);
}

int64_t
page_cache_ceiling(int64_t offset)
{
	const int64_t page = sysconf(_SC_PAGESIZE);

	return offset > INT64_MAX - page ? page_cache_floor(INT64_MAX) :
	    page_cache_floor(offset + page - 1);
}

/** Return where the file or block device ends, or -1. */
static int64_t
size_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	return S_ISBLK(st.st_mode) ? block_device_size(fd) : st.st_size;
}

#ifdef __linux__

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

/* Newer than the headers of some systems.  Alpha has numbers of its own. */
#ifndef SYS_cachestat
#ifdef __alpha__
#define SYS_cachestat	561
#else
#define SYS_cachestat	451
#endif
#endif

/** True if cachestat(2) looks at the cache that a read fills.  The files of
 * overlayfs have none of their own: their pages are those of the file below. */
static bool
has_own_pages(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	    (uint32_t)fs.f_type != OVERLAYFS_SUPER_MAGIC;
}

/** Return what page_cache_count() does, by cachestat(2). */
static int64_t
count_by_cachestat(int fd, int64_t from, int64_t to)
{
	const uint64_t range[2] = { (uint64_t)from, (uint64_t)(to - from) };
	uint64_t counts[5];		/* cached, dirty, in writeback... */

	errno = ENOSYS;
	if (!has_own_pages(fd) ||
	    syscall(SYS_cachestat, fd, range, counts, 0) < 0)
		return -1;
	return (int64_t)counts[0] * sysconf(_SC_PAGESIZE);
}

void
page_cache_begin_cleaning(int fd, int64_t from, int64_t to)
{
	if (from < to)
		(void)sync_file_range(fd, from, to - from,
		    SYNC_FILE_RANGE_WRITE);
}

int
page_cache_clean(int fd, int64_t from, int64_t to)
{
	if (from >= to || sync_file_range(fd, from, to - from,
	    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
	    SYNC_FILE_RANGE_WAIT_AFTER) == 0)
		return 0;
	return call_is_missing(errno) ? fdatasync(fd) : -1;
}

#else

static int64_t
count_by_cachestat(int fd, int64_t from, int64_t to)
{
	(void)fd;
	(void)from;
	(void)to;
	errno = ENOSYS;
	return -1;
}

void
page_cache_begin_cleaning(int fd, int64_t from, int64_t to)
{
	(void)fd;
	(void)from;
	(void)to;
}

int
page_cache_clean(int fd, int64_t from, int64_t to)
{
	return from < to ? fdatasync(fd) : 0;
}

#endif

int
page_cache_look(int fd, int64_t from, int64_t to, unsigned char *pages)
{
	const size_t size = (size_t)(to - from);
	void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, from);
	int result;

	if (map == MAP_FAILED)
		return -1;
	result = mincore(map, size, (void *)pages);	/* of char, too */
	munmap(map, size);
	return result;
}

bool
page_cache_is_told(int fd)
{
	/* No large folio of the page cache reaches that far. */
	const int64_t beyond = (int64_t)1 << 30, size = size_of(fd);
	unsigned char page;
	int64_t at;

	if (size < 0 || size > INT64_MAX - 2 * beyond)
		return false;
	at = page_cache_floor(size + beyond);
	return page_cache_look(fd, at, at + 1, &page) == 0 && !(page & 1);
}

/** Return what page_cache_count() does, by mincore(2). */
static int64_t
count_by_mincore(int fd, int64_t from, int64_t to)
{
	unsigned char pages[PAGES_MAX];
	const int64_t page = sysconf(_SC_PAGESIZE);
	int64_t count = 0;

	for (int64_t next; from < to; from = next) {
		next = MIN(from + MAPPED_MAX, to);
		if (page_cache_look(fd, from, next, pages) < 0)
			return -1;
		for (int64_t i = 0; i < (next - from) / page; i++)
			count += pages[i] & 1 ? page : 0;
	}
	return count;
}

int64_t
page_cache_count(int fd, int64_t from, int64_t to)
{
	int64_t count;

	from = page_cache_floor(from);
	to = page_cache_ceiling(min64(to, max64(size_of(fd), 0)));
	if (from >= to)
		return 0;
	count = count_by_cachestat(fd, from, to);
	/* A seccomp filter may refuse cachestat(2) with EPERM, too. */
	if (count >= 0 || !call_is_missing(errno))
		return count;
	count = count_by_mincore(fd, from, to);
	if (count <= 0 || page_cache_is_told(fd))
		return count;
	errno = EPERM;
	return -1;
}

int
page_cache_check_drop(int fd)
{
	const int64_t beyond = page_cache_ceiling(max64(size_of(fd), 0));

	errno = posix_fadvise(fd, beyond, 1, POSIX_FADV_DONTNEED);
	return errno == 0 ? 0 : -1;
}

void
page_cache_drop(int fd, int64_t from, int64_t to)
{
	from = page_cache_floor(from);
	to = page_cache_ceiling(to);
	/* A length of 0 would mean: to the end of the file. */
	if (from < to)
		(void)posix_fadvise(fd, from, to - from, POSIX_FADV_DONTNEED);
}
