#include "config.h"

#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t caught, status_wanted, immediate;
static bool pipe_ignored, alarm_ignored;

static void
on_end(int signal)
{
	if (immediate)
		signals_die(signal);
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

void
signals_install(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t alarms;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)handle(ends[i], on_end);
	alarm_ignored = signal(SIGALRM, SIG_DFL) == SIG_IGN;
	(void)handle(SIGALRM, on_alarm);
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarms, NULL);
	(void)handle(SIGUSR1, on_status);
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

void
signals_immediate(bool on)
{
	immediate = on;
	if (on && caught != 0)
		signals_die(caught);
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
	sigset_t only;

	sigaction(signal, &action, NULL);
	sigemptyset(&only);
	sigaddset(&only, signal);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	raise(signal);
	_exit(128 + signal);		/* not reached, but for its type */
}
