#include "config.h"

#include "kind.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../base/missing.h"

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

/* File systems whose regular files are made up by the kernel as they are read:
 * sizes mean nothing there, and each write is a command of its own. */
static const unsigned long synthetic[] = {
	PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
	DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC, SELINUX_MAGIC,
	SMACK_MAGIC, PSTOREFS_MAGIC, EFIVARFS_MAGIC, BPF_FS_MAGIC,
	RDTGROUP_SUPER_MAGIC, BINFMTFS_MAGIC, CONFIGFS_MAGIC,
	FUSE_CTL_SUPER_MAGIC, MQUEUE_MAGIC,
};

static enum zc_kind
kind_of_file(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return ZC_REGULAR;
	for (size_t i = 0; i < sizeof(synthetic) / sizeof(synthetic[0]); i++)
		if ((unsigned long)fs.f_type == synthetic[i])
			return ZC_SYNTHETIC;
	return ZC_REGULAR;
}

static enum zc_kind
kind_of_socket(int fd)
{
	int type;
	socklen_t length = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ||
	    type != SOCK_STREAM)
		return ZC_OTHER;	/* a short read would drop the rest of a
					   datagram without a word */
	return ZC_SOCKET;
}

static enum zc_kind
kind_of_char(int fd, dev_t device)
{
	if (device == makedev(1, 3))
		return ZC_NULL;
	/* Assume a terminal where a filter refuses the ioctl.  Its rules, that
	 * the first 0 is the end and only read-write serves, suit other
	 * devices, too. */
	return isatty(fd) || call_is_missing(errno) ? ZC_TTY : ZC_CHAR;
}

enum zc_kind
kind_of(int fd, const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return kind_of_file(fd);
	case S_IFIFO:
		return ZC_PIPE;
	case S_IFSOCK:
		return kind_of_socket(fd);
	case S_IFBLK:
		return ZC_BLOCK;
	case S_IFCHR:
		return kind_of_char(fd, st->st_rdev);
	default:			/* directories, eventfd and its like */
		return ZC_OTHER;
	}
}

enum zc_kind
zc_kind_of(int fd)
{
	int saved = errno;
	struct stat st;
	enum zc_kind kind = ZC_OTHER;

	if (fstat(fd, &st) == 0)
		kind = kind_of(fd, &st);
	errno = saved;
	return kind;
}

const char *
zc_kind_name(enum zc_kind kind)
{
	static const char *const name[ZC_KINDS] = {
		[ZC_REGULAR] = "regular file",
		[ZC_SYNTHETIC] = "kernel file",
		[ZC_PIPE] = "pipe",
		[ZC_SOCKET] = "socket",
		[ZC_TTY] = "terminal",
		[ZC_BLOCK] = "block device",
		[ZC_CHAR] = "character device",
		[ZC_NULL] = "null device",
		[ZC_OTHER] = "descriptor of another kind",
	};

	return kind < ZC_KINDS ? name[kind] : NULL;
}
