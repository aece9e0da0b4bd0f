/*
 * What the functions with contracts of other systems have in common.
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

/** An `event` that stops at a signal, as a system call does. */
static inline int
compat_stop_at_signal(const struct zc_event *event, void *arg)
{
	(void)arg;
	return event->type == ZC_EVENT_INTERRUPTED;
}

#endif
