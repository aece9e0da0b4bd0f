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

/** Print "done: N bytes in T s, R MB/s, method A+B" if a progress line was
 * `shown`, and with -v; then also what confirmed it, how long DEST was flushed,
 * and how many bytes were holes. */
void verbose_done(const struct summary *, bool shown);

#endif
