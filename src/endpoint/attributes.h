/*
 * A new file takes the place of an old one: who may do what with it?
 */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <sys/stat.h>

/**
 * Give the new file `fd` the owner, mode and POSIX access list of the old
 * one, `old`, which is at `path`.
 *
 * What cannot be kept is dropped on the safe side: nobody may do more with
 * the new file than with the old one.  0, or -1 with errno where even that
 * is not to be had.
 */
int attributes_keep(int fd, const struct stat *old, const char *path);

#endif
