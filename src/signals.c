#include "config.h"

#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t caught, status_wanted;
static bool pipe_ignored, alarm_ignored;

static void
on_end(int signal)
{
	/* An alarm of ours, to say it again; one that was set by whoever
	 * started us means what it always does. */
	if (caught == 0)
		caught = signal;
	alarm(1);
}

/** Ours, to say it again; another's only where that was not ignored. */
static void
on_alarm(int signal)
{
	if (caught != 0 || !alarm_ignored)
		on_end(signal);
}

static void
on_status(int signal)
{
	(void)signal;
	status_wanted = 1;
}

static void
on_tick(int signal)
{
	(void)signal;			/* that it came is enough */
}

/** No SA_RESTART: what blocks is to give EINTR.  Returns whether it had been
 * ignored. */
static bool
handle(int signal, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler }, old;

	sigaction(signal, NULL, &old);
	if (old.sa_handler == SIG_IGN)
		return true;
	sigfillset(&action.sa_mask);
	sigaction(signal, &action, NULL);
	return false;
}

static void
unblock(int signal)
{
	sigset_t only;

	sigemptyset(&only);
	sigaddset(&only, signal);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
}

void
signals_install(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)handle(ends[i], on_end);
	alarm_ignored = signal(SIGALRM, SIG_DFL) == SIG_IGN;
	(void)handle(SIGALRM, on_alarm);
	unblock(SIGALRM);
	(void)handle(SIGUSR1, on_status);
	(void)handle(SIGRTMIN, on_tick);
	unblock(SIGRTMIN);
	pipe_ignored = handle(SIGPIPE, SIG_IGN);
	(void)handle(SIGXFSZ, SIG_IGN);
}

int
signals_caught(void)
{
	return caught;
}

void
signals_catch(int signal)
{
	caught = signal;
}

bool
signals_status_wanted(void)
{
	bool wanted = status_wanted != 0;

	status_wanted = 0;
	return wanted;
}

static struct timespec
timespec_of(double seconds)
{
	return (struct timespec){
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};
}

int
signals_tick(double seconds)
{
	static timer_t timer;
	static bool made;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGRTMIN };
	const struct timespec every = timespec_of(seconds);
	const struct itimerspec when = { .it_interval = every,
		.it_value = every };

	if (!made && seconds > 0)
		made = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
	if (!made)
		return seconds > 0 ? -1 : 0;
	return timer_settime(timer, 0, &when, NULL);
}

bool
signals_pipe_ignored(void)
{
	return pipe_ignored;
}

void
signals_die(int signal)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigaction(signal, &action, NULL);
	unblock(signal);
	raise(signal);
	_exit(128 + signal);		/* not reached, but for its type */
}
