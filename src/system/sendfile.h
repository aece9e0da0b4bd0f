/*
 * sendfile(2) with the contract of Linux, for other systems.
 */
#ifndef SYSTEM_SENDFILE_H
#define SYSTEM_SENDFILE_H

#include <sys/types.h>

/** Send at most `max` bytes of the file `from` to `to`, from *at on, or from
 * its position if `at` is NULL, and advance that.  Return how many were sent, 0
 * at the end; or -1 with errno, and nothing was sent. */
ssize_t zc__sendfile(int to, int from, off_t *at, size_t max);

#endif
