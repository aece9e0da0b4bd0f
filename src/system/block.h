/*
 * Block devices, and direct I/O.
 */
#ifndef SYSTEM_BLOCK_H
#define SYSTEM_BLOCK_H

#include <stdint.h>
#include <sys/types.h>

/** Return the size of the block device fd in bytes, or -1 if it is not known.
 * The position stays where it is. */
int64_t block_device_size(int fd);

/** Return the size of the block device with this number in bytes, from sysfs,
 * or -1 if it is not known.  It needs no descriptor that can be read. */
int64_t block_device_size_of(dev_t device);

/**
 * Return the block in bytes that the offsets and sizes of direct I/O
 * (O_DIRECT) on the file or block device fd must be multiples of; 0 if it is
 * not known.  NFS, tmpfs and btrfs take any size, and report no block.
 */
int64_t block_for_direct_io(int fd);

#endif
