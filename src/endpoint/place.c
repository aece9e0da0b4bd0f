#include "config.h"

#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"

enum { HOPS_MAX = 40 };			/* as the kernel's MAXSYMLINKS */

/* Go to the directory of `path`, which counts from where we are. */
static int
place_descend(struct place *place, char *path)
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
	if (strlcpy(place->base, base, sizeof(place->base)) >=
	    sizeof(place->base)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (slash != NULL)
		slash[1] = '\0';
	fd = openat(place->dir, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	place_close(place);
	place->dir = fd;
	return 0;
}

/* True if another user has put this link into a directory like /tmp.  The
 * sysctl fs.protected_symlinks refuses such links, but the kernel checks only
 * those that it follows itself. */
static bool
place_distrusts(const struct place *place, const struct stat *link)
{
	struct stat dir;

	if (fstat(place->dir, &dir) < 0)
		return true;
	return (dir.st_mode & S_ISVTX) && (dir.st_mode & S_IWOTH) &&
	    link->st_uid != geteuid() && link->st_uid != dir.st_uid;
}

/* Open what stands there.  Return the length of its target if it is a link; 0
 * if it is none or nothing is there; -1 with errno. */
static ssize_t
place_read_link(struct place *place, char *target, size_t size)
{
	struct stat st;
	ssize_t length;

	place->file = openat(place->dir, place->base,
	    O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (place->file < 0)
		return errno == ENOENT ? 0 : -1;
	if (fstat(place->file, &st) < 0)
		return -1;
	if (!S_ISLNK(st.st_mode))
		return 0;
	length = readlinkat(place->file, "", target, size - 1);
	place_forget(place);
	if (length < 0)
		return -1;
	target[length] = '\0';
	if (!place_distrusts(place, &st))
		return length;
	place->distrusted = true;
	errno = EACCES;
	return -1;
}

static int
place_follow(struct place *place, const char *path)
{
	char target[PATH_MAX];
	ssize_t length;

	if (strlcpy(target, path, sizeof(target)) >= sizeof(target)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (int hops = 0; hops <= HOPS_MAX; hops++) {
		if (place_descend(place, target) < 0)
			return -1;
		length = place_read_link(place, target, sizeof(target));
		if (length <= 0)
			return (int)length;
	}
	errno = ELOOP;
	return -1;
}

int
place_find(struct place *place, const char *path)
{
	int error;

	place->dir = AT_FDCWD;
	place->file = -1;
	place->distrusted = false;
	if (place_follow(place, path) == 0)
		return 0;
	error = errno;
	place_close(place);
	errno = error;
	return -1;
}

int
place_find_again(struct place *now, const struct place *before,
    const char *path)
{
	struct stat here, there;
	int error = ESTALE;

	if (place_find(now, path) < 0)
		return -1;
	if (fstat(now->dir, &here) < 0 || fstat(before->dir, &there) < 0)
		error = errno;
	else if (endpoint_same_inode(&here, &there) &&
	    strcmp(now->base, before->base) == 0)
		return 0;
	place_close(now);
	errno = error;
	return -1;
}

bool
place_has(const struct place *place, const struct stat *file)
{
	struct stat st;

	return place->file >= 0 && fstat(place->file, &st) == 0 &&
	    endpoint_same_inode(&st, file);
}

void
place_forget(struct place *place)
{
	if (place->file >= 0)
		close(place->file);
	place->file = -1;
}

void
place_close(struct place *place)
{
	place_forget(place);
	if (place->dir >= 0)
		close(place->dir);
	place->dir = -1;
}
