#include "config.h"

#include "capability.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

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
