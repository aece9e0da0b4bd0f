/*
 * What stdio, file and replace do with descriptors.
 */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <sys/types.h>

/** openat(2), patiently: EINTR only when a signal wants to end us. */
int descriptor_open(int dir, const char *path, int flags, mode_t);

/** Another descriptor of the same, closed by exec where that can be had.  -1
 * with errno. */
int descriptor_copy(int fd);

/**
 * Have the errors that close(2) would give, and leave the descriptor open: a
 * network file system sends now what it held back, and so may refuse it.
 * 0, or -1 with errno; EINTR only when a signal wants to end us.
 */
int descriptor_settle(int fd);

#endif
