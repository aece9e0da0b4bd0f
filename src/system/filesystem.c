#include "config.h"

#include "filesystem.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__linux__)

#include <linux/magic.h>
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
	uint32_t type;
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
	{ OVERLAYFS_SUPER_MAGIC, FILESYSTEM_CACHED },
	{ NFS_SUPER_MAGIC, FILESYSTEM_CACHED },
	{ F2FS_SUPER_MAGIC, FILESYSTEM_CACHED },
	{ MSDOS_SUPER_MAGIC, FILESYSTEM_CACHED },
};

/** True if the file system has this number.  f_type is an int on 32-bit
 * systems, where some numbers are negative. */
static bool
is_of_type(const struct statfs *fs, uint32_t type)
{
	return (uint32_t)fs->f_type == type;
}

#else

#ifdef __sun
#include <sys/statvfs.h>
#define statfs		statvfs
#define fstatfs		fstatvfs
#define f_fstypename	f_basetype
#else
#include <sys/param.h>
#include <sys/mount.h>
#endif

static const struct {
	const char *type;
	enum filesystem filesystem;
} table[] = {
	{ "procfs", FILESYSTEM_SYNTHETIC },	/* FreeBSD */
	{ "linprocfs", FILESYSTEM_SYNTHETIC },
	{ "linsysfs", FILESYSTEM_SYNTHETIC },
	{ "proc", FILESYSTEM_SYNTHETIC },	/* illumos */
	{ "ctfs", FILESYSTEM_SYNTHETIC },
	{ "objfs", FILESYSTEM_SYNTHETIC },
	{ "mntfs", FILESYSTEM_SYNTHETIC },
	{ "tmpfs", FILESYSTEM_MEMORY },
	{ "ext2fs", FILESYSTEM_EXT4 },
	{ "fusefs", FILESYSTEM_FUSE },
	{ "macfuse", FILESYSTEM_FUSE },
	{ "osxfuse", FILESYSTEM_FUSE },
	{ "zfs", FILESYSTEM_ZFS },
};

static bool
is_of_type(const struct statfs *fs, const char *type)
{
	return strcmp(fs->f_fstypename, type) == 0;
}

#endif

enum filesystem
filesystem_of(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return FILESYSTEM_UNKNOWN;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (is_of_type(&fs, table[i].type))
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
