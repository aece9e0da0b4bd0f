/*
 * Holes in files: finding them, making them, and sending one.
 */
#ifndef SYSTEM_HOLES_H
#define SYSTEM_HOLES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * Return the offset of the first byte of data at or after `at`, or of the first
 * hole, by lseek(2) with SEEK_DATA or SEEK_HOLE, which moves the position of
 * fd.  The end of the file counts as a hole.  -1 with errno: ENXIO if there is
 * no data up to the end, or `at` is at the end or beyond it; EINVAL or
 * EOPNOTSUPP if the file system does not know.
 */
int64_t holes_find_data(int fd, int64_t at);
int64_t holes_find_hole(int fd, int64_t at);

/**
 * Make `size` bytes of a file or block device zeros, without writing them: by
 * releasing their blocks, or by marking these as unwritten.  Neither grows a
 * file.  On a block device, offset and size must be multiples of its logical
 * block.  Return 0, or -1 with errno: EOPNOTSUPP if the file system or device
 * cannot do it.  See fallocate(2).
 */
int holes_punch(int fd, int64_t at, int64_t size);
int holes_zero(int fd, int64_t at, int64_t size);

/** Return a new file in memory that is one hole of this size, or -1 with
 * errno. */
int holes_open(size_t size);

/** Send `size` bytes of that file to a pipe or socket, as sendfile(2) does:
 * the kernel lends its page of zeros, and copies nothing.  Return how many were
 * sent, or -1 with errno. */
ssize_t holes_send(int to, int fd, size_t size);

#endif
