/*
 * Links are followed one by one, because open(2) does not tell in which
 * directory, and under which name, a file was found or is missing.
 */
#include "config.h"

#include "location.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../system/filesystem.h"
#include "endpoint.h"

enum { HOPS_MAX = 40 };			/* as the kernel's MAXSYMLINKS */

/** Open the directory of `path`, which is relative to location->dir, and store
 * it and the last component in `location`.  Cuts `path` behind its last slash.
 * Return 0, or -1 with errno. */
static int
location_descend(struct location *location, char *path)
{
	char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	const char *dir = slash != NULL ? path : ".";
	int fd;

	if (strcmp(base, "") == 0 || strcmp(base, ".") == 0 ||
	    strcmp(base, "..") == 0) {
		errno = EISDIR;
		return -1;
	}
	if (strlcpy(location->base, base, sizeof(location->base)) >=
	    sizeof(location->base)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (slash != NULL)
		slash[1] = '\0';
	fd = openat(location->dir, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	location_close(location);
	location->dir = fd;
	return 0;
}

/** True if another user has put this link into a directory like /tmp.  The
 * sysctl fs.protected_symlinks refuses such links, but the kernel checks only
 * those that it follows itself. */
static bool
location_distrusts(const struct location *location, const struct stat *link)
{
	struct stat dir;

	if (fstat(location->dir, &dir) < 0)
		return true;
	return (dir.st_mode & S_ISVTX) && (dir.st_mode & S_IWOTH) &&
	    link->st_uid != geteuid() && link->st_uid != dir.st_uid;
}

/** True if this link is magic, as /proc/PID/fd/N and /proc/PID/exe are: the
 * kernel goes straight to the open file, and does not look at the text.  That
 * is only the name which the file has, or had before it was replaced.  Ordinary
 * links on procfs, as /proc/self and /proc/mounts, are relative. */
static bool
location_is_magic(const struct location *location, const char *target)
{
	return *target == '/' &&
	    filesystem_of(location->file) == FILESYSTEM_SYNTHETIC;
}

/** Open the file with O_PATH.  If it is a symbolic link, return the length of
 * its target; 0 if it is none, does not exist, or cannot be followed; -1 with
 * errno. */
static ssize_t
location_read_link(struct location *location, char *target, size_t size)
{
	struct stat st;
	ssize_t length;

	location->file = openat(location->dir, location->base,
	    O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (location->file < 0)
		return errno == ENOENT ? 0 : -1;
	if (fstat(location->file, &st) < 0)
		return -1;
	if (!S_ISLNK(st.st_mode))
		return 0;
	/* With "" readlinkat(2) reads the link that is open (O_PATH). */
	length = readlinkat(location->file, "", target, size - 1);
	if (length >= 0)
		target[length] = '\0';
	if (length > 0 && location_is_magic(location, target))
		length = 0;
	location_forget(location);
	if (length <= 0)
		return length;
	if (!location_distrusts(location, &st))
		return length;
	location->distrusted = true;
	errno = EACCES;
	return -1;
}

/** Go from link to link, up to HOPS_MAX.  Return 0, or -1 with errno. */
static int
location_follow(struct location *location, const char *path)
{
	char target[PATH_MAX];
	ssize_t length;

	if (strlcpy(target, path, sizeof(target)) >= sizeof(target)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (int hops = 0; hops <= HOPS_MAX; hops++) {
		if (location_descend(location, target) < 0)
			return -1;
		length = location_read_link(location, target, sizeof(target));
		if (length <= 0)
			return (int)length;
	}
	errno = ELOOP;
	return -1;
}

int
location_find(struct location *location, const char *path)
{
	int error;

	location->dir = AT_FDCWD;
	location->file = -1;
	location->distrusted = false;
	if (location_follow(location, path) == 0)
		return 0;
	error = errno;
	location_close(location);
	errno = error;
	return -1;
}

int
location_find_again(struct location *now, const struct location *before,
    const char *path)
{
	struct stat here, there;
	int error = ESTALE;

	if (location_find(now, path) < 0)
		return -1;
	if (fstat(now->dir, &here) < 0 || fstat(before->dir, &there) < 0)
		error = errno;
	else if (endpoint_same_inode(&here, &there) &&
	    strcmp(now->base, before->base) == 0)
		return 0;
	location_close(now);
	errno = error;
	return -1;
}

bool
location_has(const struct location *location, const struct stat *file)
{
	struct stat st;

	return location->file >= 0 && fstat(location->file, &st) == 0 &&
	    endpoint_same_inode(&st, file);
}

void
location_forget(struct location *location)
{
	if (location->file >= 0)
		close(location->file);
	location->file = -1;
}

void
location_close(struct location *location)
{
	location_forget(location);
	if (location->dir >= 0)
		close(location->dir);
	location->dir = -1;
}
