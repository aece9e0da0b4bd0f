/*
 * Signals that end zcopy do so by its main line, so that it can put bytes
 * back, remove names and report counts; then it dies by that very signal.
 *
 * No handler restarts a call: what blocks gives EINTR, and signals_caught()
 * says whether to go on.  A signal that lands between that question and the
 * next call would be lost, so an alarm interrupts again every second until
 * the process is gone.
 */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <stdbool.h>

/**
 * Handle SIGUSR1 and all signals that end a process, except SIGKILL and those
 * that a crash raises; ignore SIGPIPE and SIGXFSZ.  Signals that were ignored
 * when zcopy started stay ignored.  The exceptions are our timers' SIGRTMIN,
 * which only interrupts calls (EINTR), and SIGALRM: they are handled and
 * unblocked whatever our parent did to them.
 */
void signals_install(void);

/** The signal that wants to end us, or 0. */
int signals_caught(void);

/** As if it had come: SIGPIPE, once the reader of a pipe is gone. */
void signals_catch(int signal);

/** Has SIGUSR1 come since the last question? */
bool signals_status_wanted(void);

/** Interrupt blocked calls (EINTR) after `first` seconds, and then every so
 * many; first 0: stop that.  Return 0, or -1 with errno: no timer. */
int signals_tick(double first, double every);

/** Was SIGPIPE ignored when zcopy started? */
bool signals_pipe_ignored(void);

/** Die by this signal. */
_Noreturn void signals_die(int signal);

#endif
