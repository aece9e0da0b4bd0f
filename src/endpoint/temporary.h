/*
 * Temporary names for files that are not complete: ".NAME.zcopy-XXXXXX", in the
 * directory of NAME.
 */
#ifndef TEMPORARY_H
#define TEMPORARY_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * Create a file with a temporary name for `base`, and write it to `name`, which
 * has NAME_MAX + 1 bytes.  Return a descriptor, or -1 with errno, and "" as the
 * name.
 */
int temporary_create(int dir, const char *base, char *name, mode_t);

/** Give an unnamed file (O_TMPFILE) a temporary name, in the same way.  Return
 * 0, or -1 with errno. */
int temporary_link(int fd, int dir, const char *base, char *name);

/** Give an unnamed file this name.  Return 0, or -1 with errno; EEXIST if there
 * is such a file. */
int temporary_link_as(int fd, int dir, const char *name);

/** Rename `from` to a temporary name, which is written to `name`.  Return 0, or
 * -1 with errno, and "" as the name. */
int temporary_rename(int dir, const char *from, const char *base, char *name);

/** Rename the temporary name to `to`, unless there is such a file, and set it
 * to "".  Return 0, or -1 with errno. */
int temporary_return(int dir, char *name, const char *to);

/** True if temporary_link_as() works for this file and directory. */
bool temporary_can_link(int fd, int dir);

#endif
