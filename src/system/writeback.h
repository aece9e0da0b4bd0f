/*
 * Begin the writeback of a file while it is still being written.
 *
 * rename(2) over an old file on ext4 (auto_da_alloc, ext4(5)) starts the
 * writeback of the whole new file.  If none of it has begun by then, rename(2)
 * waits for room in the disk's queue: 0.6 s for 512 MiB, in which the temporary
 * name exists.
 *
 * `begun` counts the bytes, from the start of the file, whose writeback has
 * begun.  None of these functions waits for its end: fsync(2) and close(2)
 * report its errors.
 */
#ifndef SYSTEM_WRITEBACK_H
#define SYSTEM_WRITEBACK_H

#include <stdbool.h>
#include <stdint.h>

/** True if rename(2) over a file would start writeback: on ext4. */
bool writeback_helps(int fd);

/** Begin writeback up to `written` bytes, if that is 8 MiB or more beyond
 * *begun. */
void writeback_follow(int64_t *begun, int fd, int64_t written);

/** Begin writeback up to the end of the file, unless none has begun yet: the
 * file is small then, and rename(2) does not wait. */
void writeback_rest(int64_t begun, int fd);

#endif
