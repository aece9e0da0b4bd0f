/*
 * The type of ioctl(2)'s second parameter: POSIX and musl have int; glibc, the
 * BSDs and macOS have unsigned long.  Where it is int, a request of 32 bits may
 * be negative.
 */
#ifndef SYSTEM_IOCTL_H
#define SYSTEM_IOCTL_H

#include <limits.h>		/* defines __GLIBC__ */

#if defined(__linux__) && !defined(__GLIBC__)
typedef int ioctl_request;
#else
typedef unsigned long ioctl_request;
#endif

#endif
