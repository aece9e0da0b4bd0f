/*
 * Begin the writeback of a file while it is still being written.
 *
 * What flushes the file at the end has less to wait for then:
 *
 * - fsync(2).
 * - close(2) of a file that was truncated before, on ext4 (auto_da_alloc,
 *   ext4(5)), XFS and btrfs.
 * - rename(2) over an old file, on ext4 and btrfs.  If no writeback has begun
 *   by then, rename(2) waits for room in the disk's queue: 0.6 s for 512 MiB,
 *   in which the temporary name exists.
 *
 * For files of 64 MiB to 512 MiB, replacing on btrfs takes 0.75 of the time
 * with it, and --inplace 0.55 to 0.95 on all three.
 *
 * Nothing here waits until the data is on the disk, and nothing here fails:
 * fsync(2) and close(2) report the errors.  An error is reported only once, so
 * sync_file_range(2) must not wait: it would report it in place of fsync(2).
 */
#ifndef SYSTEM_WRITEBACK_H
#define SYSTEM_WRITEBACK_H

#include <stdbool.h>
#include <stdint.h>

/** The writeback of one file or block device.  All zeros: it does not begin
 * early. */
struct writeback {
	bool on;
	int64_t start;			/* of the first byte, in the file */
	int64_t begun;			/* writeback has begun up to here */
};

/** True if rename(2) over a file would start writeback: on ext4 and btrfs. */
bool writeback_at_rename(int fd);

/** True if the file has a disk behind it: it is not on tmpfs and the like. */
bool writeback_helps(int fd);

/** Begin with the byte that will be written next: at the position of `fd`, or
 * at the end of the file if it appends (O_APPEND). */
void writeback_start(struct writeback *, int fd);

/** Begin writeback up to this byte of the file, if that is 8 MiB or more beyond
 * where it has begun. */
void writeback_follow(struct writeback *, int fd, int64_t written);

/** Begin writeback up to the end of the file. */
void writeback_rest(const struct writeback *, int fd);

#endif
