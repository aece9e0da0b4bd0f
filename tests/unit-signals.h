/*
 * Signals that cut a blocked call short.
 */
#ifndef UNIT_SIGNALS_H
#define UNIT_SIGNALS_H

#include <signal.h>
#include <time.h>

#include "unit-job.h"

static volatile sig_atomic_t signals;
static timer_t signal_timer;

static inline void
on_signal(int number)
{
	(void)number;
	signals++;
}

/** Every 50 ms, a signal that restarts nothing: one of them comes when the
 * call is blocked. */
static inline void
start_signals(void)
{
	const struct itimerspec often = { .it_interval.tv_nsec = 50000000,
		.it_value.tv_nsec = 50000000 };
	struct sigevent by = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGUSR1 };
	const struct sigaction action = { .sa_handler = on_signal };

	signals = 0;
	sigaction(SIGUSR1, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, &by, &signal_timer) < 0 ||
	    timer_settime(signal_timer, 0, &often, NULL) < 0)
		give_up("timer");
}

static inline void
stop_signals(void)
{
	timer_delete(signal_timer);
}

#endif
