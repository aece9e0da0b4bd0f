#include "config.h"

#include "obstacle.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../system/capability.h"
#include "../system/file-flags.h"

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

static bool
is_mounted(const struct file_flags *file, const struct stat *old,
    const struct stat *dir)
{
	/* Comparing devices is less exact: on overlayfs a file may have
	 * another device than its directory. */
	if (file->mount_known)
		return file->mounted;
	return old->st_dev != dir->st_dev;
}

int
obstacle_to_rename(const struct location *location, const struct stat *old)
{
	struct file_flags file, parent;
	struct stat dir;

	if (fstat(location->dir, &dir) < 0)
		return errno;
	/* If flags are not known, rename(2) finds out what they forbid, at the
	 * end. */
	file_flags_at(&file, location->dir, location->base, false);
	file_flags_of(&parent, location->dir);
	if (is_mounted(&file, old, &dir))
		return EBUSY;
	if (is_sticky(old, &dir))
		return EPERM;
	if (file.fixed || file.append || parent.fixed || parent.append)
		return EPERM;
	return 0;
}

bool
obstacle_is_append_only(int dir)
{
	struct file_flags flags;

	file_flags_of(&flags, dir);
	return flags.append;
}
