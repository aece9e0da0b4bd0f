/*
 * Signals that end zcopy do so by its main line, so that it can put bytes
 * back, remove names and report counts; then it dies by that very signal.
 *
 * No handler restarts a call: what blocks gives EINTR, and signals_caught()
 * says whether to go on.  A signal that lands between that question and the
 * next call would be lost, so an alarm interrupts again every second until
 * the process is gone.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <stdbool.h>

/** Handle HUP, INT, QUIT, TERM, ALRM, USR1, and ignore PIPE and XFSZ.  Signals
 * that were ignored when zcopy started stay ignored. */
void signals_install(void);

/** The signal that wants to end us, or 0. */
int signals_caught(void);

/** As if it had come: SIGPIPE, once the reader of a pipe is gone. */
void signals_catch(int signal);

/** Has SIGUSR1 come since the last question? */
bool signals_status_wanted(void);

/** From now on, interrupt what blocks so often, with EINTR; 0: no more.
 * 0, or -1 with errno: there is no timer to be had. */
int signals_tick(double seconds);

/** Was SIGPIPE ignored when zcopy started? */
bool signals_pipe_ignored(void);

/** Die by this signal. */
_Noreturn void signals_die(int signal);

#endif
