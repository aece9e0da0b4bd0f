/*
 * What will keep rename(2) from replacing a file, found out before its data is
 * moved.
 */
#ifndef OBSTACLE_H
#define OBSTACLE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "location.h"

/** Return the errno with which rename(2) would refuse to replace the file of
 * this location, `old`, or 0. */
int obstacle_to_rename(const struct location *, const struct stat *old);

/** True if the directory is append-only: a name in it could be neither renamed
 * nor removed. */
bool obstacle_is_append_only(int dir);

#endif
