/*
 * Make a file cold: drop it from the page cache, so that the disk is read.
 */
#ifndef BENCH_COLD_H
#define BENCH_COLD_H

#include <stdbool.h>

/** True if the page cache can drop the file.  tmpfs and ramfs keep it there. */
bool cold_can_be(int fd);

/** Write the file or disk back, and drop it from the page cache, except pages
 * that other processes use.  Return 0, or -1 with errno. */
int cold_make(int fd);

#endif
