/*
 * What -v prints about a transfer.
 */
#ifndef REPORT_VERBOSE_H
#define REPORT_VERBOSE_H

#include <stdbool.h>

#include "../zcopy.h"
#include "summary.h"

/** Print "plan: ..." and "refused at ..." for these events of the engine.  The
 * lines begin with the name of the destination, unless that is NULL. */
void verbose_event(const struct zc_event *, const char *dest);

/**
 * For each destination that is complete print, with -v, what was sent around
 * the data, how many bytes were holes, what confirmed the transfer and how long
 * it was flushed.  Then, with -v or if a progress line was `shown`, print
 * "done: N bytes in T s, R MB/s, method A+B".  If there are several, each line
 * begins with a name, and with -v one more says which was the slowest.
 */
void verbose_done(const struct summary *, bool shown);

#endif
