/*
 * Descriptor operations that several endpoint types share.
 */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <sys/types.h>

#include "../base/deadline.h"

/** Call openat(2), again after EINTR unless a signal ends us or the deadline
 * has passed.  Return what it returns. */
int descriptor_open(const struct deadline *, int dir, const char *path,
    int flags, mode_t);

/** Duplicate a descriptor, with FD_CLOEXEC unless a filter refuses
 * F_DUPFD_CLOEXEC.  Return -1 with errno if that fails. */
int descriptor_copy(int fd);

/**
 * Report the errors that close(2) would, but leave the descriptor open: closing
 * a duplicate makes a network file system send its cached data, which may fail.
 * Return 0, or -1 with errno; EINTR only if a signal ends us.
 */
int descriptor_settle(const struct deadline *, int fd);

#endif
