#include "config.h"

#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/param.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/missing.h"
#include "../system/block.h"
#include "../system/filesystem.h"
#include "endpoint.h"

/** True if the device is a terminal.  isatty(3) does not work with O_PATH, so
 * go by the majors of Documentation/admin-guide/devices.txt: consoles and
 * serial lines (4), /dev/tty (5), pseudo terminals (136 to 143). */
static bool
look_is_terminal(dev_t device)
{
	return major(device) == 4 || major(device) == 5 ||
	    (major(device) >= 136 && major(device) <= 143);
}

/** Return the size of a block device, or -1 if it is unknown.  If `fd` is
 * O_PATH, which block_device_size() cannot use, ask sysfs.  It always counts in
 * sectors of 512 bytes. */
static int64_t
look_block_size(int fd, dev_t device)
{
	int64_t size = block_device_size(fd), sectors;
	char path[64];
	FILE *file;

	if (size >= 0)
		return size;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/size",
	    major(device), minor(device));
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	if (fscanf(file, "%" SCNd64, &sectors) != 1)
		sectors = -1;
	fclose(file);
	return sectors < 0 ? -1 : sectors * 512;
}

enum zc_kind
look_kind(int fd, const struct stat *st)
{
	enum zc_kind kind = zc_kind_of(fd);

	return kind == ZC_CHAR && look_is_terminal(st->st_rdev) ? ZC_TTY :
	    kind;
}

void
look_inspect(struct look *look, int fd, const struct stat *st)
{
	look->kind = look_kind(fd, st);
	if (look->kind == ZC_BLOCK)
		look->size = look_block_size(fd, st->st_rdev);
	if (look->kind != ZC_REGULAR)
		return;
	look->size = st->st_size;
	look->guessed = filesystem_of(fd) == FILESYSTEM_FUSE;
}

void
look_open(struct look *look, int fd)
{
	struct stat st;

	*look = LOOK_SOCKET;
	if (fstat(fd, &st) == 0)
		look_inspect(look, fd, &st);
	look->flags = fcntl(fd, F_GETFL);
	look->start = lseek(fd, 0, SEEK_CUR);
}

int64_t
look_wanted(const struct endpoint *source)
{
	const int64_t bytes = source->options->bytes;

	if (source->empty)
		return 0;
	return bytes == ZC_TO_END ? ZC_TO_END : bytes - source->resumed;
}

void
look_expect(struct endpoint *source, const struct look *look)
{
	const int64_t bytes = look_wanted(source);

	source->expected = bytes;		/* ZC_TO_END is -1, too */
	if (look->size < 0 || look->start < 0)
		return;
	source->expected = MAX(look->size - look->start, 0);
	if (bytes != ZC_TO_END)
		source->expected = MIN(source->expected, bytes);
}

enum zc_kind
look_kind_of_end(const struct endpoint *ep)
{
	enum zc_kind kind = ZC_OTHER;
	struct stat st;
	int fd;

	if (endpoint_has(ep, ENDPOINT_NETWORK))
		return ZC_SOCKET;
	if (endpoint_has(ep, ENDPOINT_COMMAND))
		return ZC_PIPE;
	fd = ep->inherited ? ep->fd : open(ep->path, O_PATH | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0)
		kind = look_kind(fd, &st);
	if (fd >= 0 && !ep->inherited)
		close(fd);
	return kind;
}

enum status
look_check_kind(const struct endpoint *ep, unsigned kinds, const char *option,
    const char *why)
{
	const enum zc_kind kind = look_kind_of_end(ep);

	if (kind == ZC_OTHER || (kinds & 1u << kind))
		return STATUS_OK;
	diag_error(ep->name, "%s: a %s%s", option, zc_kind_name(kind), why);
	return STATUS_USAGE;
}

int
look_access(int dir, const char *path, int mode)
{
	if (faccessat(dir, path, mode, AT_EACCESS) == 0)
		return 0;
	/* glibc calls faccessat2(2) (Linux 5.8) for AT_EACCESS.  If a filter
	 * refuses it with EPERM, use faccessat(2), which checks the real IDs,
	 * if they are the same. */
	if (!call_is_missing(errno) || getuid() != geteuid() ||
	    getgid() != getegid())
		return -1;
	return (int)syscall(SYS_faccessat, dir, path, mode);
}

/** Return the sysctl fs.protected_regular or fs.protected_fifos, or 0. */
static int
look_protection(mode_t mode)
{
	FILE *file = fopen(S_ISFIFO(mode) ? "/proc/sys/fs/protected_fifos" :
	    "/proc/sys/fs/protected_regular", "re");
	int level;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%d", &level) != 1)
		level = 0;
	fclose(file);
	return level;
}

bool
look_is_protected(int dir, const struct stat *file)
{
	struct stat st;

	if ((!S_ISREG(file->st_mode) && !S_ISFIFO(file->st_mode)) ||
	    fstat(dir, &st) < 0 || !(st.st_mode & S_ISVTX) ||
	    file->st_uid == st.st_uid || file->st_uid == geteuid())
		return false;
	if (st.st_mode & S_IWOTH)
		return look_protection(file->st_mode) >= 1;
	return (st.st_mode & S_IWGRP) && look_protection(file->st_mode) >= 2;
}
