#include "config.h"

#include "access.h"

#include <fcntl.h>
#include <unistd.h>

#ifdef __linux__

#include <errno.h>
#include <sys/syscall.h>

#include "../base/missing.h"

int
access_as_effective(int dir, const char *path, int mode)
{
	if (faccessat(dir, path, mode, AT_EACCESS) == 0)
		return 0;
	/* glibc calls faccessat2(2) (Linux 5.8) for AT_EACCESS.  If a filter
	 * refuses it with EPERM, use faccessat(2), which checks the real IDs,
	 * if they are the same. */
	if (!call_is_missing(errno) || getuid() != geteuid() ||
	    getgid() != getegid())
		return -1;
	return (int)syscall(SYS_faccessat, dir, path, mode);
}

#else

int
access_as_effective(int dir, const char *path, int mode)
{
	return faccessat(dir, path, mode, AT_EACCESS);
}

#endif
