/*
 * Make a file cold: drop it from the page cache, so that the disk is read.
 */
#ifndef BENCH_COLD_H
#define BENCH_COLD_H

#include <stdbool.h>

/** True if the page cache can drop the file.  Files on tmpfs and ramfs exist
 * only there; an unknown file system may do the same. */
bool cold_can_be(int fd);

/** Write the file or disk back, and drop it from the page cache, as far as the
 * kernel does so within some tries: it keeps pages that are in use.  Return 0,
 * or -1 with errno. */
int cold_make(int fd);

#endif
