/*
 * What -v shows of a transfer, and what SIGUSR1 asks for.
 */
#ifndef REPORT_VERBOSE_H
#define REPORT_VERBOSE_H

#include "../zcopy.h"

/** "plan: ..." and "refused at ...": pass it what the engine tells. */
void verbose_event(const struct zc_event *);

/** "done: N bytes in T s, R MB/s, method A+B". */
void verbose_done(const struct zc_result *, double seconds);

/** "N bytes in T s, R MB/s, so far". */
void verbose_status(int64_t bytes, double seconds);

#endif
