#include "config.h"

#include "setid.h"

#include <unistd.h>

#ifdef __linux__
#include <sys/auxv.h>

#include "capability.h"
#endif

bool
setid_is_used(void)
{
#ifdef __linux__
	/* AT_SECURE (getauxval(3)) alone does not say it: SELinux and AppArmor
	 * set it, too, when they confine a program, and give it no right. */
	return getauxval(AT_SECURE) != 0 && (getuid() != geteuid() ||
	    getgid() != getegid() || capability_from_file());
#elif defined HAVE_ISSETUGID
	return issetugid();
#else
	return getuid() != geteuid() || getgid() != getegid();
#endif
}
