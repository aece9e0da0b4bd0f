#include "config.h"

#include "device.h"

#include <sys/stat.h>

#ifdef __linux__

#include <sys/sysmacros.h>

bool
device_is_null(dev_t device)
{
	return device == makedev(1, 3);
}

/* By the majors of Documentation/admin-guide/devices.txt: consoles and serial
 * lines (4), /dev/tty (5), pseudo terminals (136 to 143). */
bool
device_is_terminal(dev_t device)
{
	return major(device) == 4 || major(device) == 5 ||
	    (major(device) >= 136 && major(device) <= 143);
}

#else

bool
device_is_null(dev_t device)
{
	struct stat st;

	return stat("/dev/null", &st) == 0 && st.st_rdev == device;
}

/** Numbers are not fixed here.  Only isatty(3) knows. */
bool
device_is_terminal(dev_t device)
{
	(void)device;
	return false;
}

#endif
