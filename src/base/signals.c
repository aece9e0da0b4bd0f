#include "config.h"

#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static atomic_flag status_answered = ATOMIC_FLAG_INIT;
static void (*answer_status)(void);
static void (*erase_line)(void);
static volatile sig_atomic_t alarm_ticks;	/* see tick_by_alarm() */
static sigset_t start_ignored, start_mask;	/* when zcopy started */
static sigset_t handled;		/* handle() has changed these */

/** Remember the signal, and interrupt again in a second: see signals.h. */
static void
on_fatal(int signal)
{
	if (caught == 0)
		caught = signal;
	alarm(1);
}

/** SIGALRM comes from on_fatal(), from tick_by_alarm(), or from a timer that
 * our parent set before exec.  Only the last ends us, unless it was ignored. */
static void
on_alarm(int signal)
{
	if (caught != 0 || (!alarm_ticks &&
	    sigismember(&start_ignored, SIGALRM) != 1))
		on_fatal(signal);
}

static void
on_status(int signal)
{
	(void)signal;
	atomic_flag_clear(&status_answered);
}

/** Stop, as SIGTSTP does by default, and go on here after SIGCONT. */
static void
on_stop(int signal)
{
	const int saved = errno;
	struct sigaction stop = { .sa_handler = SIG_DFL }, ours;
	sigset_t only;

	erase_line();
	sigaction(signal, &stop, &ours);
	raise(signal);			/* pending: it is blocked here */
	sigemptyset(&only);
	sigaddset(&only, signal);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	sigaction(signal, &ours, NULL);
	errno = saved;
}

/** Do nothing: the call that the tick interrupts fails with EINTR. */
static void
on_tick(int signal)
{
	(void)signal;
}

/** Install a handler without SA_RESTART, so that blocked calls fail with EINTR.
 * Set *before to the old action. */
static void
handle(int signal, void (*handler)(int), struct sigaction *before)
{
	struct sigaction action = { .sa_handler = handler };

	sigfillset(&action.sa_mask);
	if (sigaction(signal, &action, before) < 0)
		return;
	sigaddset(&handled, signal);
	if (before->sa_handler == SIG_IGN)
		sigaddset(&start_ignored, signal);
}

/** Install a handler only if the signal has its default action: an ignored
 * signal stays ignored, and a preloaded library keeps its handlers. */
static void
handle_default(int signal, void (*handler)(int))
{
	struct sigaction before = { .sa_handler = SIG_DFL };

	handle(signal, handler, &before);
	if (before.sa_handler != SIG_DFL)
		sigaction(signal, &before, NULL);
}

/** True if the signal's default action ends a process, and zcopy is to clean up
 * before it ends. */
static bool
is_fatal(int signal)
{
	static const int others[] = {
		SIGKILL,
		/* These end no process. */
		SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG,
		SIGWINCH,
		/* These report a fault of the code that runs, or a call that
		 * a seccomp filter traps.  Returning from a handler would
		 * repeat the fault, or fake the call's result (SIGSYS); and
		 * the core is to show where it happened. */
		SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP,
		/* signals_install() gives these, and SIGRTMIN, other
		 * handlers. */
		SIGALRM, SIGPIPE, SIGUSR1, SIGXFSZ,
#ifdef SIGINFO
		SIGINFO,
#endif
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (signal == others[i])
			return false;
	return signal != SIGRTMIN;
}

void
signals_install(void)
{
	struct sigaction before;
	sigset_t all, mask;

	/* Block all signals, so that none reaches a handler that
	 * handle_default() is about to remove again. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &start_mask);

	for (int signal = 1; signal <= SIGRTMAX; signal++)
		if (is_fatal(signal))
			handle_default(signal, on_fatal);
	atomic_flag_test_and_set(&status_answered);
	handle_default(SIGUSR1, on_status);
#ifdef SIGINFO
	handle_default(SIGINFO, on_status);
#endif
	handle_default(SIGPIPE, SIG_IGN);
	handle_default(SIGXFSZ, SIG_IGN);

	/* Our timers send these two.  An ignored or blocked signal never gives
	 * EINTR, so undo whatever our parent did to them. */
	handle(SIGALRM, on_alarm, &before);
	handle(SIGRTMIN, on_tick, &before);
	mask = start_mask;
	sigdelset(&mask, SIGALRM);
	sigdelset(&mask, SIGRTMIN);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

void
signals_default(int signal)
{
	struct sigaction before;

	handle(signal, SIG_DFL, &before);
}

void
signals_restore(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	for (int signal = 1; signal <= SIGRTMAX; signal++) {
		if (sigismember(&handled, signal) != 1)
			continue;
		action.sa_handler = sigismember(&start_ignored, signal) == 1 ?
		    SIG_IGN : SIG_DFL;
		(void)sigaction(signal, &action, NULL);
	}
	sigprocmask(SIG_SETMASK, &start_mask, NULL);
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

void
signals_on_status(void (*answer)(void))
{
	answer_status = answer;
}

void
signals_answer(void)
{
	if (!atomic_flag_test_and_set(&status_answered) &&
	    answer_status != NULL)
		answer_status();
}

void
signals_on_stop(void (*erase)(void))
{
	erase_line = erase;
	handle_default(SIGTSTP, on_stop);
}

static struct timespec
timespec_of(double seconds)
{
	return (struct timespec){
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};
}

static struct timeval
timeval_of(double seconds)
{
	const struct timespec same = timespec_of(seconds);

	return (struct timeval){ .tv_sec = same.tv_sec,
		.tv_usec = same.tv_nsec / 1000 };
}

/** Set a timer that sends SIGRTMIN.  Return 0, or -1 with errno. */
static int
tick_by_timer(double first, double every)
{
	static timer_t timer;
	static bool made;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGRTMIN };
	const struct itimerspec when = { .it_interval = timespec_of(every),
		.it_value = timespec_of(first) };

	if (made && timer_settime(timer, 0, &when, NULL) == 0)
		return 0;
	/* There is no timer yet, or it is our parent's: fork(2) does not copy
	 * timers. */
	if (first <= 0)
		return 0;
	made = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
	return made ? timer_settime(timer, 0, &when, NULL) : -1;
}

/**
 * Set a timer that sends SIGALRM, where timer_create(2) fails: with EAGAIN if
 * RLIMIT_SIGPENDING is used up, with EPERM or ENOSYS under a seccomp filter.
 * From then on SIGALRM does not end zcopy.  Return 0, or -1 with errno; it is
 * EBUSY if our parent has set an alarm, which is to end us.
 */
static int
tick_by_alarm(double first, double every)
{
	const struct itimerval when = { .it_interval = timeval_of(every),
		.it_value = timeval_of(first) };
	struct itimerval before;

	if (!alarm_ticks && getitimer(ITIMER_REAL, &before) < 0)
		return -1;
	if (!alarm_ticks && timerisset(&before.it_value)) {
		errno = EBUSY;
		return -1;
	}
	alarm_ticks = 1;
	return setitimer(ITIMER_REAL, &when, NULL);
}

int
signals_tick(double first, double every)
{
	if (!alarm_ticks && tick_by_timer(first, every) == 0)
		return 0;
	/* Slow the alarm down to once a second, but do not switch it off:
	 * on_fatal() may just have set it. */
	return first > 0 ? tick_by_alarm(first, every) : tick_by_alarm(1, 1);
}

bool
signals_pipe_ignored(void)
{
	return sigismember(&start_ignored, SIGPIPE) == 1;
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
	_exit(128 + signal);		/* raise(3) failed: EAGAIN, real-time */
}
