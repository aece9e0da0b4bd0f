/*
 * Progress while a run goes on: a line on the terminal, drawn by a thread of
 * its own, so that it moves on while a call blocks; and JSON lines for
 * programs.
 */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdbool.h>

#include "../base/options.h"

/** Answer SIGUSR1 from now on, with one line. */
void progress_answer_signals(void);

/** Find out whether the options and standard error ask for progress, and open
 * standard error once more for it. */
void progress_prepare(const struct options *);

/** Begin to show progress, if that is wanted: start the thread. */
void progress_begin(void);

/** Draw nothing from now on, unless -P was given: an end is a terminal, too. */
void progress_hide(void);

/** True if calls should be short enough for the line to move smoothly. */
bool progress_is_shown(void);

/** End, and erase the line.  Return true if one was shown. */
bool progress_end(void);

#endif
