/*
 * The file system that a file is on.
 */
#ifndef SYSTEM_FILESYSTEM_H
#define SYSTEM_FILESYSTEM_H

#include <stdbool.h>

enum filesystem {
	FILESYSTEM_UNKNOWN,	/* fstatfs(2) failed */
	FILESYSTEM_SYNTHETIC,	/* procfs and its like: the kernel makes up
				   contents as they are read, st_size means
				   nothing, and each write(2) is a command */
	FILESYSTEM_MEMORY,	/* tmpfs, ramfs, hugetlbfs: no disk behind it */
	FILESYSTEM_EXT4,	/* or ext2, ext3, which have the same number */
	FILESYSTEM_BTRFS,
	FILESYSTEM_XFS,
	FILESYSTEM_FUSE,	/* a server makes up what it likes */
	FILESYSTEM_ZFS,
	FILESYSTEM_CACHED,	/* others that leave in the page cache what is
				   read: overlayfs, NFS, F2FS, and FAT */
	FILESYSTEM_OTHER,
};

/** Return the file system of the file that fd is open on. */
enum filesystem filesystem_of(int fd);

/** True if copy_file_range(2) between these two may share blocks, which takes
 * hardly any time: both are on btrfs, or both on XFS.  This does not know
 * whether they are on one disk, or an XFS was made without reflinks. */
bool filesystem_may_share(int in, int out);

#endif
