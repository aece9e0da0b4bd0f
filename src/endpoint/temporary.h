/*
 * Names for files that are not complete yet: ".NAME.zcopy-XXXXXX", next to
 * where they belong.
 */
#ifndef TEMPORARY_H
#define TEMPORARY_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * Make a file with such a name, in a buffer of NAME_MAX + 1.  A descriptor,
 * or -1 with errno and name "".
 */
int temporary_create(int dir, const char *base, char *name, mode_t);

/** Give an unnamed file (O_TMPFILE) such a name.  0, or -1 and name "". */
int temporary_link(int fd, int dir, const char *base, char *name);

/** Give it this very name: 0, or -1 with errno; EEXIST. */
int temporary_link_as(int fd, int dir, const char *name);

/** Would that work here and now? */
bool temporary_can_link(int fd, int dir);

#endif
