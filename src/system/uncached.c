#include "config.h"

#include "uncached.h"

#include <errno.h>
#include <fcntl.h>

#include "../base/missing.h"

#ifdef HAVE_PREADV2

/* Newer than the headers of most systems. */
#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE	0x80
#endif

ssize_t
uncached_readv(int fd, const struct iovec *view, int count, off_t offset)
{
	return preadv2(fd, view, count, offset, RWF_DONTCACHE);
}

ssize_t
uncached_writev(int fd, const struct iovec *view, int count, off_t offset)
{
	return pwritev2(fd, view, count, offset, RWF_DONTCACHE);
}

#else

ssize_t
uncached_readv(int fd, const struct iovec *view, int count, off_t offset)
{
	(void)fd;
	(void)view;
	(void)count;
	(void)offset;
	errno = ENOSYS;
	return -1;
}

ssize_t
uncached_writev(int fd, const struct iovec *view, int count, off_t offset)
{
	return uncached_readv(fd, view, count, offset);
}

#endif

/* illumos has directio(3C), which does not do this: it acts on the file for all
 * processes, and drops the pages that were there before. */
#ifdef F_NOCACHE
int
uncached_set(int fd)
{
	return fcntl(fd, F_NOCACHE, 1) < 0 ? -1 : 0;
}
#else
int
uncached_set(int fd)
{
	(void)fd;
	errno = ENOSYS;
	return -1;
}
#endif

bool
uncached_reads(int fd, off_t size)
{
	char byte;
	const struct iovec all = { .iov_base = &byte, .iov_len = 1 };

	return uncached_readv(fd, &all, 1, size) >= 0;
}

bool
uncached_is_missing(int error)
{
	return call_is_missing(error) || error == EINVAL;
}
