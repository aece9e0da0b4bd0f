#include "config.h"

#include "capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CAPABILITY "security.capability"

bool
capability_fowner(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	/* A seccomp filter may refuse capget(2). */
	if (syscall(SYS_capget, &header, data) < 0)
		return geteuid() == 0;
	return (data[CAP_TO_INDEX(CAP_FOWNER)].effective &
	    CAP_TO_MASK(CAP_FOWNER)) != 0;
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
