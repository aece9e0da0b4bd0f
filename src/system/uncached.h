/*
 * Reading and writing without leaving the data in the page cache: for one call,
 * RWF_DONTCACHE of preadv2(2), Linux 6.14, on ext4, XFS and some others; for an
 * open file, F_NOCACHE of macOS.
 *
 * With RWF_DONTCACHE data still goes through the page cache, but the pages that
 * a call brings in are dropped when it has copied them, or when they have been
 * written to the disk.  Pages that were there before stay.
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

/**
 * Make read(2), write(2) and the like, on this descriptor and all others of the
 * same open file, add nothing more to the page cache: F_NOCACHE of macOS (xnu,
 * bsd/vfs/vfs_cluster.c).  They still use what is there already.  Parts of
 * blocks go through the cache: they are dropped when they have been read, but
 * stay when less than 16 KiB are written at a time.  mmap(2) ignores the flag.
 * No call tells whether it was set before.  Return 0, or -1 with errno; ENOSYS
 * on other systems.
 */
int uncached_set(int fd);

/** True if this errno may say that the kernel or the file system lacks it. */
bool uncached_is_missing(int error);

#endif
