/*
 * Reading without waiting for a disk.
 */
#ifndef ENGINE_NODISK_H
#define ENGINE_NODISK_H

#include <sys/types.h>

#include "end.h"

/** As end_read(), but -1 with EBUSY where what comes next is on a disk and not
 * in memory.  A later try may find it there: reading ahead has begun. */
ssize_t nodisk_read(struct end *, void *, size_t);

#endif
