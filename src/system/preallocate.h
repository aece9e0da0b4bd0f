/*
 * Allocate the blocks of a file before its data is written.
 *
 * On ext4, copying then takes 0.7 to 0.8 of the time and of the CPU, because
 * write(2) need not reserve each block by itself (delayed allocation).  What
 * does not fit is known before the first byte, and two copies at a time do not
 * mix their blocks.  On XFS and btrfs it gains nothing, and it would be a waste
 * where these share blocks with SOURCE or compress them.
 */
#ifndef SYSTEM_PREALLOCATE_H
#define SYSTEM_PREALLOCATE_H

#include <stdbool.h>
#include <stdint.h>

/** True if it pays for the first `size` bytes of this file, which is empty: on
 * ext4, and not for a small file. */
bool preallocate_pays(int fd, int64_t size);

/**
 * Allocate blocks for the first `size` bytes, and leave the size of the file as
 * it is: fallocate(2) with FALLOC_FL_KEEP_SIZE.
 *
 * Return 0, also if the file system cannot do it, or -1 with errno if the bytes
 * do not fit: ENOSPC, EDQUOT, EFBIG.  Some blocks may be allocated even then.
 */
int preallocate(int fd, int64_t size);

#endif
