#include "config.h"

#include "capability.h"

#include <errno.h>
#include <unistd.h>

#ifdef __linux__

#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#define CAPABILITY "security.capability"

typedef struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

/** Read the sets of this process.  Return 0, or -1 with errno: a seccomp filter
 * may refuse capget(2). */
static int
read_sets(sets data)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3 };

	return (int)syscall(SYS_capget, &header, data);
}

bool
capability_fowner(void)
{
	sets data;

	if (read_sets(data) < 0)
		return geteuid() == 0;
	return (data[CAP_TO_INDEX(CAP_FOWNER)].effective &
	    CAP_TO_MASK(CAP_FOWNER)) != 0;
}

bool
capability_from_file(void)
{
	const int most = 32 * _LINUX_CAPABILITY_U32S_3;
	sets data;

	if (getuid() == 0)
		return false;
	if (read_sets(data) < 0)
		return true;		/* unknown: be careful */
	for (int c = 0; c < most; c++)
		if ((data[CAP_TO_INDEX(c)].permitted & CAP_TO_MASK(c)) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, c, 0, 0) != 1)
			return true;
	return false;
}

/** True if there is a capability in one of the sets.  Those in the ambient set
 * are in the permitted set, too. */
static bool
has_any(const sets data)
{
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		if (data[i].effective != 0 || data[i].permitted != 0 ||
		    data[i].inheritable != 0)
			return true;
	return false;
}

int
capability_drop(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3 };
	sets data;

	if (read_sets(data) < 0)
		return -1;
	if (!has_any(data))
		return 0;
	memset(data, 0, sizeof(data));
	return (int)syscall(SYS_capset, &header, data);
}

int
capabilities_read(struct file_capabilities *c, int fd)
{
	c->size = fgetxattr(fd, CAPABILITY, c->value, sizeof(c->value));
	if (c->size >= 0)
		return 0;
	c->size = 0;
	return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -1;
}

int
capabilities_give(int fd, const struct file_capabilities *c)
{
	return fsetxattr(fd, CAPABILITY, c->value, (size_t)c->size, 0);
}

#else

bool
capability_fowner(void)
{
	return geteuid() == 0;
}

int
capability_drop(void)
{
	return 0;
}

int
capabilities_read(struct file_capabilities *c, int fd)
{
	(void)fd;
	c->size = 0;
	return 0;
}

int
capabilities_give(int fd, const struct file_capabilities *c)
{
	(void)fd;
	(void)c;
	errno = EOPNOTSUPP;
	return -1;
}

#endif
