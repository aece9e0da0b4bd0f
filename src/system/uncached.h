/*
 * Reading and writing without leaving the data in the page cache:
 * RWF_DONTCACHE of preadv2(2), Linux 6.14, on ext4, XFS and some others.
 *
 * Data still goes through the page cache, but the pages that a call brings in
 * are dropped when it has copied them, or when they have been written to the
 * disk.  Pages that were there before stay.
 */
#ifndef SYSTEM_UNCACHED_H
#define SYSTEM_UNCACHED_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

/** Read, or write, at `offset`, or at the position if it is -1.  Return what
 * readv(2), or writev(2), would, or -1 with an errno for which
 * uncached_is_missing(): nothing was moved, do without. */
ssize_t uncached_readv(int fd, const struct iovec *, int count, off_t offset);
ssize_t uncached_writev(int fd, const struct iovec *, int count, off_t offset);

/** True if reads of the file or block device, which ends at `size`, can do so.
 * Move nothing. */
bool uncached_reads(int fd, off_t size);

/** True if this errno may say that the kernel or the file system lacks it. */
bool uncached_is_missing(int error);

#endif
