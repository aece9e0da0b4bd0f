/*
 * What -v prints about a transfer, and what SIGUSR1 does.
 */
#ifndef REPORT_VERBOSE_H
#define REPORT_VERBOSE_H

#include "../zcopy.h"

/** Print "plan: ..." and "refused at ..." for these events of the engine. */
void verbose_event(const struct zc_event *);

/** Print "done: N bytes in T s, R MB/s, method A+B". */
void verbose_done(const struct zc_result *, double seconds);

/** Print "N bytes in T s, R MB/s, so far". */
void verbose_status(int64_t bytes, double seconds);

#endif
