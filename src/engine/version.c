#include "config.h"

#include "../zcopy.h"

const char *
zc_version(void)
{
	return PACKAGE_VERSION;
}
