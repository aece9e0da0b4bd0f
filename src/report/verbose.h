/*
 * What -v prints about a transfer.
 */
#ifndef REPORT_VERBOSE_H
#define REPORT_VERBOSE_H

#include <stdbool.h>

#include "../zcopy.h"
#include "summary.h"

/** Print "plan: ..." and "refused at ..." for these events of the engine. */
void verbose_event(const struct zc_event *);

/** Print, with -v, what was sent around the data, how many bytes were holes,
 * what confirmed the transfer and how long DEST was flushed.  Then, with -v or
 * if a progress line was `shown`, print
 * "done: N bytes in T s, R MB/s, method A+B". */
void verbose_done(const struct summary *, bool shown);

#endif
