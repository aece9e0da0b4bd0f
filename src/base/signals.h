/*
 * Signals that end zcopy.  Their handler only records them; the main program
 * puts bytes back, removes names, reports counts, and then dies by that signal.
 *
 * No handler restarts calls (SA_RESTART): a blocked call fails with EINTR, and
 * signals_caught() says whether to go on.  A signal that arrives between that
 * check and the next call would be lost, so an alarm interrupts again every
 * second until the process has ended.
 */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <stdbool.h>

/**
 * Handle SIGUSR1 (and SIGINFO, where there is one) and all signals that end a
 * process, except SIGKILL and those that a crash raises; ignore SIGPIPE and
 * SIGXFSZ.  Signals that were ignored when zcopy started stay ignored.  The
 * exceptions are our timers' SIGRTMIN, which only interrupts calls (EINTR), and
 * SIGALRM: they are handled and unblocked even if our parent ignored or blocked
 * them.
 */
void signals_install(void);

/** Give a signal its default action, even if our parent ignored it.  For the
 * children, signals_restore() undoes that. */
void signals_default(int signal);

/** Ignore and block the signals that were ignored and blocked when zcopy
 * started, and no others: for a child, before execve(2).  Async-signal-safe. */
void signals_restore(void);

/** Return the signal that is to end us, or 0. */
int signals_caught(void);

/** Act as if the signal had arrived: SIGPIPE, which is ignored, when writing to
 * a pipe fails with EPIPE. */
void signals_catch(int signal);

/** Set what answers SIGUSR1.  NULL: nothing. */
void signals_on_status(void (*answer)(void));

/** Answer SIGUSR1 if it has arrived since the last call.  Any thread may call
 * this. */
void signals_answer(void);

/** Call `erase`, which must be async-signal-safe, before SIGTSTP stops zcopy.
 * Do nothing if SIGTSTP is ignored. */
void signals_on_stop(void (*erase)(void));

/** Interrupt blocked calls (EINTR) after `first` seconds, and then every
 * `every` seconds; `first` 0: stop.  Return 0, or -1 with errno if there is no
 * timer. */
int signals_tick(double first, double every);

/** True if SIGPIPE was ignored when zcopy started. */
bool signals_pipe_ignored(void);

/** Die by this signal, or if that fails exit with 128 + signal. */
_Noreturn void signals_die(int signal);

#endif
