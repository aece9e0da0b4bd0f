/*
 * Signals that cut a blocked call short.
 */
#ifndef LIB_SIGNALS_H
#define LIB_SIGNALS_H

#include <signal.h>
#include <time.h>

#include "lib-job.h"

extern volatile sig_atomic_t signals;		/* that have come */

/** Send SIGUSR1 to this process every 50 ms, without SA_RESTART, so that one
 * comes while the call is blocked. */
void start_signals(void);

void stop_signals(void);

#endif
