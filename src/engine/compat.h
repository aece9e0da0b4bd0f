/*
 * What the functions that behave like those of other systems share.
 */
#ifndef ENGINE_COMPAT_H
#define ENGINE_COMPAT_H

#include <errno.h>

#include "../zcopy.h"

static inline int
compat_fail(int error)
{
	errno = error;
	return -1;
}

/** Stop the job at a signal, as EINTR ends a system call. */
static inline int
compat_stop_at_signal(const struct zc_event *event, void *arg)
{
	(void)arg;
	return event->type == ZC_EVENT_INTERRUPTED;
}

#endif
