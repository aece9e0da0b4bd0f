/*
 * System calls that the kernel does not have, or that a seccomp filter refuses.
 */
#ifndef MISSING_H
#define MISSING_H

#include <errno.h>
#include <stdbool.h>

/**
 * True if this errno may say that the call is missing.  A seccomp filter
 * refuses calls that it does not know with EPERM (old docker, systemd's
 * SystemCallFilter).  Use it only if the substitute fails with EPERM, too, when
 * EPERM is about permissions.
 */
static inline bool
call_is_missing(int error)
{
	return error == ENOSYS || error == EPERM || error == EOPNOTSUPP;
}

#endif
