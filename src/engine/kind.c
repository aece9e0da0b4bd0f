#include "config.h"

#include "kind.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/missing.h"
#include "../system/device.h"
#include "../system/filesystem.h"

static enum zc_kind
kind_of_socket(int fd)
{
	int type;
	socklen_t length = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ||
	    type != SOCK_STREAM)
		return ZC_OTHER;	/* a short read of a datagram drops the
					   rest of it */
	return ZC_SOCKET;
}

static enum zc_kind
kind_of_char(int fd, dev_t device)
{
	if (device_is_null(device))
		return ZC_NULL;
	/* If a seccomp filter refuses the ioctl(2), assume a terminal: its
	 * rules (the first 0 is the end, only read-write is used) suit other
	 * devices, too. */
	return isatty(fd) || call_is_missing(errno) ? ZC_TTY : ZC_CHAR;
}

enum zc_kind
kind_of(int fd, const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return filesystem_of(fd) == FILESYSTEM_SYNTHETIC ?
		    ZC_SYNTHETIC : ZC_REGULAR;
	case S_IFIFO:
		return ZC_PIPE;
	case S_IFSOCK:
		return kind_of_socket(fd);
	case S_IFBLK:
		return ZC_BLOCK;
	case S_IFCHR:
		return kind_of_char(fd, st->st_rdev);
	default:			/* directories, eventfd(2)... */
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
		[ZC_HOOKS] = "stream of the caller's",
		[ZC_OTHER] = "descriptor of another kind",
	};

	return kind < ZC_KINDS ? name[kind] : NULL;
}
