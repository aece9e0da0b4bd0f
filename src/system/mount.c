#include "config.h"

#include "mount.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)

#include <mntent.h>

/** True if `path` is at or below `mount`. */
static bool
is_below(const char *path, const char *mount)
{
	size_t length = strlen(mount);

	if (strncmp(path, mount, length) != 0)
		return false;
	return mount[length - 1] == '/' || path[length] == '/' ||
	    path[length] == '\0';
}

void
mount_type(const char *path, char *type, size_t size)
{
	char *real = realpath(path, NULL);
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *mount;
	size_t longest = 0;

	*type = '\0';
	while (real != NULL && mounts != NULL &&
	    (mount = getmntent(mounts)) != NULL) {
		/* The longest mount point is the nearest; of two mounts on one
		 * directory the later one hides the earlier. */
		if (!is_below(real, mount->mnt_dir) ||
		    strlen(mount->mnt_dir) < longest)
			continue;
		longest = strlen(mount->mnt_dir);
		strlcpy(type, mount->mnt_type, size);
	}
	if (mounts != NULL)
		endmntent(mounts);
	free(real);
}

#elif defined(__sun)

#include <sys/statvfs.h>

void
mount_type(const char *path, char *type, size_t size)
{
	struct statvfs fs;

	strlcpy(type, statvfs(path, &fs) == 0 ? fs.f_basetype : "", size);
}

#else

#include <sys/param.h>
#include <sys/mount.h>

void
mount_type(const char *path, char *type, size_t size)
{
	struct statfs fs;

	strlcpy(type, statfs(path, &fs) == 0 ? fs.f_fstypename : "", size);
}

#endif
