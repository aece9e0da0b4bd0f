/*
 * One run: a transfer that is shown while it is under way, and reported on when
 * it has ended; or --explain.
 */
#ifndef TRANSFER_RUN_H
#define TRANSFER_RUN_H

#include "../base/options.h"
#include "../base/status.h"

/** Copy, or explain, as the options say.  Return the exit status; if it is not
 * STATUS_OK and signals_caught() returns a signal, die by that signal
 * instead. */
enum status run_transfer(const struct options *);

#endif
