/*
 * Read without waiting for a disk (ZC_NODISKIO).
 */
#ifndef ENGINE_NODISK_H
#define ENGINE_NODISK_H

#include <sys/types.h>

#include "end.h"

/** Like end_read(), but return -1 with EBUSY if the next byte is on a disk and
 * not in memory.  Readahead has begun then, so a later call may find it. */
ssize_t nodisk_read(struct end *, void *, size_t);

#endif
