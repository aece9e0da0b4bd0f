/*
 * Calls that are not there.
 */
#ifndef MISSING_H
#define MISSING_H

#include <errno.h>
#include <stdbool.h>

/** True if this errno says that the kernel does not have the call.  A seccomp
 * filter says EPERM of calls that it does not know (old docker, systemd's
 * SystemCallFilter): ask this only of calls whose substitute fails by EPERM,
 * too, where it is meant. */
static inline bool
call_is_missing(int error)
{
	return error == ENOSYS || error == EPERM || error == EOPNOTSUPP;
}

#endif
