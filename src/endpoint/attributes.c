#include "config.h"

#include "attributes.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACL "system.posix_acl_access"

/* The mode that is still right once the owner is as near as may be. */
static mode_t
attributes_own(int fd, const struct stat *old)
{
	const mode_t mode = old->st_mode & 07777;
	struct stat new;

	if (fstat(fd, &new) == 0 && new.st_uid == old->st_uid &&
	    new.st_gid == old->st_gid)
		return mode;
	if (fchown(fd, old->st_uid, old->st_gid) == 0)
		return mode;
	if (fchown(fd, (uid_t)-1, old->st_gid) == 0)
		return mode & 0777;
	/* Another group: it may do what anybody may. */
	return mode & (0707 | ((mode & 07) << 3));
}

/* Has the new file the old one's list, or like it none? */
static bool
attributes_list(int fd, const char *path)
{
	char list[XATTR_SIZE_MAX];
	ssize_t size = getxattr(path, ACL, list, sizeof(list));

	if (size >= 0)
		return fsetxattr(fd, ACL, list, (size_t)size, 0) == 0;
	if (errno != ENODATA && errno != EOPNOTSUPP && errno != ENOENT)
		return false;
	/* One that came from the directory's default list was not on the
	 * old file. */
	return fremovexattr(fd, ACL) == 0 || errno == ENODATA ||
	    errno == EOPNOTSUPP;
}

int
attributes_keep(int fd, const struct stat *old, const char *path)
{
	/* Owner first: chown(2) clears setuid and setgid.  Mode last: with a
	 * list, its group bits are the list's mask. */
	mode_t mode = attributes_own(fd, old);
	struct stat new;
	int error;

	/* Without the list, nobody knows who was kept out by it. */
	if (!attributes_list(fd, path))
		mode &= S_IRWXU;
	if (fchmod(fd, mode) == 0)
		return 0;

	/* Where modes are made up by the mount (vfat: EPERM). */
	error = errno;
	if (fstat(fd, &new) == 0 && (new.st_mode & 07777 & ~mode) == 0)
		return 0;
	errno = error;
	return -1;
}
