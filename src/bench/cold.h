/*
 * Files that come from the disk, not from the page cache.
 */
#ifndef BENCH_COLD_H
#define BENCH_COLD_H

#include <stdbool.h>

/** Is there a disk behind this file?  tmpfs has it in memory for good. */
bool cold_can_be(int fd);

/** Write back what is dirty, and have the page cache forget the file or the
 * disk.  What others hold on to stays.  0, or -1 with errno. */
int cold_make(int fd);

#endif
