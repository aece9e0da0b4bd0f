/*
 * What stdio, file and replace do with descriptors.
 */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <sys/types.h>

/** Call openat(2), again after EINTR unless a signal ends us or the time is
 * up.  Return what it returns. */
int descriptor_open(int dir, const char *path, int flags, mode_t);

/** Duplicate a descriptor, with FD_CLOEXEC unless a filter refuses
 * F_DUPFD_CLOEXEC.  Return -1 with errno if that fails. */
int descriptor_copy(int fd);

/**
 * Have the errors that close(2) would give, and leave the descriptor open: a
 * network file system sends now what it held back, and so may refuse it.
 * 0, or -1 with errno; EINTR only when a signal wants to end us.
 */
int descriptor_settle(int fd);

#endif
