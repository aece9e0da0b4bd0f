#include "config.h"

#include "preallocate.h"

#include <errno.h>
#include <fcntl.h>

#include "filesystem.h"

/* Below this the gain is lost in the time of starting a process. */
#define LEAST	((int64_t)4 * 1024 * 1024)

bool
preallocate_pays(int fd, int64_t size)
{
	return size >= LEAST && filesystem_of(fd) == FILESYSTEM_EXT4;
}

#ifdef __linux__

#include <linux/falloc.h>

int
preallocate(int fd, int64_t size)
{
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size) == 0)
		return 0;
	/* Not posix_fallocate(3), which writes zeros instead.  Other errors
	 * (EOPNOTSUPP from ext3, EPERM from a seccomp filter, EINTR) say
	 * nothing about the room. */
	return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? -1 : 0;
}

#else

/** Do nothing.  It is not known to pay elsewhere. */
int
preallocate(int fd, int64_t size)
{
	(void)fd;
	(void)size;
	return 0;
}

#endif
