/*
 * Where file systems are mounted.
 */
#ifndef SYSTEM_MOUNT_H
#define SYSTEM_MOUNT_H

#include <stddef.h>

/** Set `type`, of `size` bytes, to the type of the file system that has the
 * file `path`: "ext4"; "" if it is unknown. */
void mount_type(const char *path, char *type, size_t size);

#endif
