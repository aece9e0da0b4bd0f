#include "config.h"

#include "obstacle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "../system/capability.h"

/** True if rename(2) will refuse because the directory is sticky.  There only
 * the owner of the file or of the directory may rename, or a process that has
 * CAP_FOWNER. */
static bool
is_sticky(const struct stat *file, const struct stat *dir)
{
	uid_t self = geteuid();

	return (dir->st_mode & S_ISVTX) && file->st_uid != self &&
	    dir->st_uid != self && !capability_fowner();
}

/** Fetch the attributes of statx(2), or none if it fails (a seccomp filter:
 * EPERM).  Then what they forbid is found out by rename(2), at the end. */
static void
look_at(int dir, const char *path, int flags, struct statx *seen)
{
	if (statx(dir, path, flags, STATX_BASIC_STATS, seen) < 0)
		seen->stx_attributes = seen->stx_attributes_mask = 0;
}

static bool
is_mounted(const struct statx *file, const struct stat *old,
    const struct stat *dir)
{
	/* Linux 5.8.  Comparing devices is less exact: on overlayfs a file
	 * may have another device than its directory. */
	if (file->stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
		return (file->stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	return old->st_dev != dir->st_dev;
}

int
obstacle_to_rename(const struct location *location, const struct stat *old)
{
	const uint64_t fixed = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
	struct statx file, parent;
	struct stat dir;

	if (fstat(location->dir, &dir) < 0)
		return errno;
	look_at(location->dir, location->base, AT_SYMLINK_NOFOLLOW, &file);
	look_at(location->dir, "", AT_EMPTY_PATH, &parent);
	if (is_mounted(&file, old, &dir))
		return EBUSY;
	if (is_sticky(old, &dir))
		return EPERM;
	if (((file.stx_attributes | parent.stx_attributes) & fixed) != 0)
		return EPERM;
	return 0;
}

bool
obstacle_is_append_only(int dir)
{
	struct statx seen;

	look_at(dir, "", AT_EMPTY_PATH, &seen);
	return (seen.stx_attributes & STATX_ATTR_APPEND) != 0;
}
