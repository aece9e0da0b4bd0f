/*
 * Signals that cut a blocked call short.
 */
#include "config.h"

#include "lib-signals.h"

volatile sig_atomic_t signals;
static timer_t signal_timer;

static void
on_signal(int number)
{
	(void)number;
	signals++;
}

void
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

void
stop_signals(void)
{
	timer_delete(signal_timer);
}
