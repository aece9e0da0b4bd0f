#include "config.h"

#include "thread.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

#include "clock.h"

#define JOIN_TIMEOUT	INT64_C(200000000)	/* nanoseconds */

int
thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

/** Return the time after so many nanoseconds, for sem_timedwait(3). */
static struct timespec
time_after(int64_t nanoseconds)
{
	struct timespec now, after;

	clock_gettime(CLOCK_REALTIME, &now);
	after = clock_timespec(nanoseconds + now.tv_nsec);
	after.tv_sec += now.tv_sec;
	return after;
}

bool
thread_join_soon(pthread_t thread, sem_t *idle)
{
	const struct timespec until = time_after(JOIN_TIMEOUT);

	while (sem_timedwait(idle, &until) < 0)
		if (errno != EINTR)
			return false;
	pthread_join(thread, NULL);
	return true;
}
