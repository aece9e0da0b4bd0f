/*
 * poll(2) until a moment of clock_now().
 */
#ifndef BASE_POLL_UNTIL_H
#define BASE_POLL_UNTIL_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

/** Poll until then (0: without a limit), and return as poll(2).  That counts in
 * milliseconds, in which the reader of a pipe takes megabytes. */
int poll_until(struct pollfd *, size_t count, int64_t until);

#endif
