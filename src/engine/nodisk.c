#include "config.h"

#include "nodisk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/missing.h"
#include "../system/filesystem.h"
#include "../system/page-cache.h"

/* The most pages of one mincore(2). */
#define PAGES_MAX	256

static ssize_t
busy(void)
{
	errno = EBUSY;
	return -1;
}

#ifdef HAVE_PREADV2
/** Like read(2), but fail with EAGAIN if the data is not in memory, and with
 * EOPNOTSUPP if this file system (tmpfs, overlayfs) or kernel (before 4.14)
 * has no RWF_NOWAIT. */
static ssize_t
read_nowait(struct end *end, void *data, size_t size)
{
	const struct iovec all = { .iov_base = data, .iov_len = size };
	ssize_t n = preadv2(end->fd, &all, 1, end->placed ? end->offset : -1,
	    RWF_NOWAIT);

	/* Linux 5.9 and 5.10 could return 0 before the end: readv(2), BUGS. */
	if (n == 0 && end->size > end_position(end)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (n > 0 && end->placed)
		end->offset += n;
	return n;
}
#else
static ssize_t
read_nowait(struct end *end, void *data, size_t size)
{
	(void)end;
	(void)data;
	(void)size;
	errno = ENOSYS;
	return -1;
}
#endif

/** True if there is no disk behind it. */
static bool
is_in_memory(const struct end *end)
{
	if (end->kind != ZC_REGULAR && end->kind != ZC_BLOCK)
		return true;
	return end->kind == ZC_REGULAR &&
	    filesystem_of(end->fd) == FILESYSTEM_MEMORY;
}

/** Return how many of the `most` bytes at `position` are in memory, looking at
 * no more than PAGES_MAX pages; or -1 if mincore(2) cannot tell. */
static ssize_t
resident(const struct end *end, int64_t position, size_t most)
{
	unsigned char here[PAGES_MAX];
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 0;
	size_t at = (size_t)(position % (int64_t)page);
	size_t size = MIN(at + most, PAGES_MAX * page);
	size_t pages = (size + page - 1) / page;

	position -= (int64_t)at;
	if (page_cache_look(end->fd, position, position + (int64_t)size,
	    here) < 0)
		return -1;
	while (n < pages && (here[n] & 1))
		n++;
	return n > 0 ? (ssize_t)(MIN(n * page, size) - at) : 0;
}

/** Begin readahead.  Drop the first page before: if it was written in part and
 * never read, the kernel has only that part, and readahead skips it. */
static void
bring_in(int fd, int64_t position, size_t size)
{
	int64_t page = sysconf(_SC_PAGESIZE);

	(void)posix_fadvise(fd, position - position % page, page,
	    POSIX_FADV_DONTNEED);
	(void)posix_fadvise(fd, position, (off_t)size, POSIX_FADV_WILLNEED);
}

/** Do without RWF_NOWAIT: read no more than mincore(2) says is in memory. */
static ssize_t
read_resident(struct end *end, void *data, size_t size)
{
	int64_t position = end_position(end), last = end->size;
	struct stat st;
	ssize_t there;

	if (position < 0)		/* a FUSE file that cannot seek */
		return busy();
	if (fstat(end->fd, &st) < 0)
		return -1;
	if (end->kind == ZC_REGULAR)
		last = st.st_size;
	if (last < 0)
		return busy();		/* a device whose size is unknown */
	/* Beyond st_size there is no disk to wait for; but a FUSE server that
	 * makes up sizes may have more. */
	if (position >= last)
		return end_read(end, data, size);
	if (!page_cache_is_told(end->fd))
		return busy();
	there = resident(end, position, size);
	if (there > 0)
		return end_read(end, data, MIN((size_t)there, size));
	bring_in(end->fd, position, size);
	return busy();
}

ssize_t
nodisk_read(struct end *end, void *data, size_t size)
{
	ssize_t n;

	if (is_in_memory(end))
		return end_read(end, data, size);
	if (end->flags & O_DIRECT)
		return busy();		/* it always goes to the disk */
	n = read_nowait(end, data, size);
	if (n >= 0)
		return n;
	if (errno == EAGAIN) {
		bring_in(end->fd, end_position(end), size);
		return busy();
	}
	if (call_is_missing(errno))
		return read_resident(end, data, size);
	return -1;
}
