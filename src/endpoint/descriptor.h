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

/** Set FD_CLOEXEC, so that a command (exec:) does not inherit the descriptor
 * and keep an end open that zcopy has closed.  Do nothing for -1, and for 0 to
 * 2, which commands are to have. */
void descriptor_keep_from_commands(int fd);

/** Duplicate a descriptor, with FD_CLOEXEC.  Return it, or -1 with errno. */
int descriptor_copy(int fd);

/**
 * Report the errors that close(2) would, but leave the descriptor open: closing
 * a duplicate makes a network file system send its cached data, which may fail.
 * Return 0, or -1 with errno; EINTR only if a signal ends us.
 */
int descriptor_settle(const struct deadline *, int fd);

#endif
