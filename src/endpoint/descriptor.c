#include "config.h"

#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../base/missing.h"
#include "../base/deadline.h"
#include "../base/gauge.h"

int
descriptor_open(const struct deadline *deadline, int dir, const char *path,
    int flags, mode_t mode)
{
	int fd;

	do {
		fd = openat(dir, path, flags | O_CLOEXEC | O_NOCTTY, mode);
	} while (fd < 0 && deadline_allows(deadline));
	return fd;
}

void
descriptor_keep_from_commands(int fd)
{
	if (fd > STDERR_FILENO)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int
descriptor_copy(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy >= 0 || !call_is_missing(errno))
		return copy;
	copy = dup(fd);
	descriptor_keep_from_commands(copy);
	return copy;
}

/** Return 0, or -1 with the errno of dup(2) or close(2). */
static int
descriptor_settle_once(int fd)
{
	int copy = descriptor_copy(fd);

	return copy < 0 ? -1 : close(copy);
}

int
descriptor_settle(const struct deadline *deadline, int fd)
{
	int result;

	gauge_phase(PHASE_CLOSING);
	/* Do not repeat close(2) after EINTR, because the number may be in use
	 * again.  Close another duplicate instead. */
	do {
		result = descriptor_settle_once(fd);
	} while (result < 0 && deadline_allows(deadline));
	return result;
}
