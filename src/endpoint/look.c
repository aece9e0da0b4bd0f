#include "config.h"

#include "look.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../system/block.h"
#include "../system/device.h"
#include "endpoint.h"

enum zc_kind
look_kind(int fd, const struct stat *st)
{
	enum zc_kind kind = zc_kind_of(fd);

	/* isatty(3) does not work with O_PATH. */
	return kind == ZC_CHAR && device_is_terminal(st->st_rdev) ? ZC_TTY :
	    kind;
}

/** Find out the size of `fd`, whose kind is known. */
static void
measure(struct look *look, int fd, const struct stat *st)
{
	if (look->kind == ZC_BLOCK) {
		look->size = block_device_size(fd);
		if (look->size < 0)	/* O_PATH */
			look->size = block_device_size_of(st->st_rdev);
	}
	if (look->kind != ZC_REGULAR)
		return;
	look->size = st->st_size;
	look->guessed = filesystem_of(fd) == FILESYSTEM_FUSE;
}

void
look_inspect(struct look *look, int fd, const struct stat *st)
{
	look->kind = look_kind(fd, st);
	measure(look, fd, st);
}

void
look_open(struct look *look, const struct endpoint *ep)
{
	struct stat st;

	*look = LOOK_SOCKET;
	look->kind = endpoint_kind(ep);
	if (fstat(ep->fd, &st) == 0)
		measure(look, ep->fd, &st);
	look->flags = fcntl(ep->fd, F_GETFL);
	look->start = lseek(ep->fd, 0, SEEK_CUR);
}

enum filesystem
look_filesystem(const struct endpoint *ep)
{
	const int fd = ep->fd >= 0 ? ep->fd :
	    open(ep->path, O_PATH | O_CLOEXEC);
	const enum filesystem filesystem = filesystem_of(fd);

	if (fd >= 0 && fd != ep->fd)
		close(fd);
	return filesystem;
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
