/*
 * Files that exist in memory only: memfd_create(2).
 */
#ifndef SYSTEM_MEMORY_FILE_H
#define SYSTEM_MEMORY_FILE_H

#include <stdint.h>

/** Return a new, empty file, or -1 with errno: ENOSYS if this system has none.
 * `name` is what /proc shows. */
int memory_file_open(const char *name);

/** Return the largest size that such a file can have. */
int64_t memory_file_most(void);

/**
 * Return a size, a power of two, for which holes_punch() of a range that begins
 * and ends at its multiples only releases pages.  At an edge inside a page or a
 * large folio it would write zeros into that, which the reader of a pipe or a
 * socket may still have: splice(2) and sendfile(2) lend pages.
 */
int64_t memory_file_unit(void);

#endif
