#include "config.h"

#include "filesystem.h"

#include <linux/magic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/statfs.h>

/* Newer than the headers of some systems, or in no header at all. */
#ifndef BINFMTFS_MAGIC
#define BINFMTFS_MAGIC		0x42494e4d
#endif
#ifndef CONFIGFS_MAGIC
#define CONFIGFS_MAGIC		0x62656570
#endif
#ifndef FUSE_CTL_SUPER_MAGIC
#define FUSE_CTL_SUPER_MAGIC	0x65735543
#endif
#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC		0x19800202
#endif
#ifndef ZFS_SUPER_MAGIC
#define ZFS_SUPER_MAGIC		0x2fc12fc1
#endif

static const struct {
	uint32_t magic;
	enum filesystem filesystem;
} table[] = {
	{ PROC_SUPER_MAGIC, FILESYSTEM_SYNTHETIC },
	{ SYSFS_MAGIC, FILESYSTEM_SYNTHETIC },
	{ CGROUP_SUPER_MAGIC, FILESYSTEM_SYNTHETIC },
	{ CGROUP2_SUPER_MAGIC, FILESYSTEM_SYNTHETIC },
	{ DEBUGFS_MAGIC, FILESYSTEM_SYNTHETIC },
	{ TRACEFS_MAGIC, FILESYSTEM_SYNTHETIC },
	{ SECURITYFS_MAGIC, FILESYSTEM_SYNTHETIC },
	{ SELINUX_MAGIC, FILESYSTEM_SYNTHETIC },
	{ SMACK_MAGIC, FILESYSTEM_SYNTHETIC },
	{ PSTOREFS_MAGIC, FILESYSTEM_SYNTHETIC },
	{ EFIVARFS_MAGIC, FILESYSTEM_SYNTHETIC },
	{ BPF_FS_MAGIC, FILESYSTEM_SYNTHETIC },
	{ RDTGROUP_SUPER_MAGIC, FILESYSTEM_SYNTHETIC },
	{ BINFMTFS_MAGIC, FILESYSTEM_SYNTHETIC },
	{ CONFIGFS_MAGIC, FILESYSTEM_SYNTHETIC },
	{ FUSE_CTL_SUPER_MAGIC, FILESYSTEM_SYNTHETIC },
	{ MQUEUE_MAGIC, FILESYSTEM_SYNTHETIC },
	{ TMPFS_MAGIC, FILESYSTEM_MEMORY },
	{ RAMFS_MAGIC, FILESYSTEM_MEMORY },
	{ HUGETLBFS_MAGIC, FILESYSTEM_MEMORY },
	{ EXT4_SUPER_MAGIC, FILESYSTEM_EXT4 },
	{ BTRFS_SUPER_MAGIC, FILESYSTEM_BTRFS },
	{ XFS_SUPER_MAGIC, FILESYSTEM_XFS },
	{ FUSE_SUPER_MAGIC, FILESYSTEM_FUSE },
	{ ZFS_SUPER_MAGIC, FILESYSTEM_ZFS },
};

enum filesystem
filesystem_of(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return FILESYSTEM_UNKNOWN;
	/* f_type is an int on 32-bit systems, where some magic numbers are
	 * negative. */
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((uint32_t)fs.f_type == table[i].magic)
			return table[i].filesystem;
	return FILESYSTEM_OTHER;
}

bool
filesystem_may_share(int in, int out)
{
	const enum filesystem filesystem = filesystem_of(in);

	return (filesystem == FILESYSTEM_BTRFS ||
	    filesystem == FILESYSTEM_XFS) && filesystem_of(out) == filesystem;
}
