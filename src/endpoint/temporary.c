#include "config.h"

#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/missing.h"
#include "../base/random.h"

#define SUFFIX ".zcopy-"

enum { LETTERS = 6, TRIES = 100 };

/** Make a random name, with as much of `base` as there is room for. */
static void
temporary_name(char *name, const char *base)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	const size_t room = NAME_MAX - strlen("." SUFFIX) - LETTERS;
	size_t length = strlen(base);

	if (length > room)
		length = room;
	/* Some file systems refuse half a UTF-8 character. */
	while (length > 0 && (base[length] & 0xc0) == 0x80)
		length--;
	snprintf(name, NAME_MAX + 1, ".%.*s" SUFFIX, (int)length, base);

	length = strlen(name);
	for (int i = 0; i < LETTERS; i++)
		name[length++] = letters[random_below(sizeof(letters) - 1)];
	name[length] = '\0';
}

int
temporary_create(int dir, const char *base, char *name, mode_t mode)
{
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		temporary_name(name, base);
		fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
		    O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	if (fd < 0)
		*name = '\0';
	return fd;
}

int
temporary_link(int fd, int dir, const char *base, char *name)
{
	int result = -1;

	for (int i = 0; i < TRIES; i++) {
		temporary_name(name, base);
		result = temporary_link_as(fd, dir, name);
		if (result == 0 || errno != EEXIST)
			break;
	}
	if (result < 0)
		*name = '\0';
	return result;
}

int
temporary_link_as(int fd, int dir, const char *name)
{
	char self[40];

	/* linkat(2) with AT_EMPTY_PATH needs CAP_DAC_READ_SEARCH before Linux
	 * 6.10, so prefer the name that /proc has for the file. */
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, self, dir, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	return linkat(fd, "", dir, name, AT_EMPTY_PATH);	/* no /proc */
}

bool
temporary_can_link(int fd, int dir)
{
	/* linkat(2) to "." cannot work.  EEXIST, which it checks last, means
	 * that nothing else is in the way: no missing /proc, no missing
	 * capability. */
	return temporary_link_as(fd, dir, ".") < 0 && errno == EEXIST;
}

/** Rename a file unless there is one of the new name.  Return 0, or -1 with
 * errno. */
static int
rename_exclusively(int dir, const char *from, const char *to)
{
	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && !call_is_missing(errno))
		return -1;
	/* NFS and others lack RENAME_NOREPLACE. */
	if (linkat(dir, from, dir, to, 0) < 0)
		return -1;
	return unlinkat(dir, from, 0);
}

int
temporary_rename(int dir, const char *from, const char *base, char *name)
{
	int result = -1;

	for (int i = 0; i < TRIES; i++) {
		temporary_name(name, base);
		result = rename_exclusively(dir, from, name);
		if (result == 0 || errno != EEXIST)
			break;
	}
	if (result < 0)
		*name = '\0';
	return result;
}

int
temporary_return(int dir, char *name, const char *to)
{
	if (rename_exclusively(dir, name, to) < 0)
		return -1;
	*name = '\0';
	return 0;
}
