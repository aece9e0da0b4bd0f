/*
 * Far ends: children that run zcopy's own code until they are ended.
 */
#ifndef BENCH_FAR_END_H
#define BENCH_FAR_END_H

#include <sys/types.h>

#include "../base/options.h"

/**
 * Do again and again what the options say, --discard or a copy, without a
 * word.  The child's, or -1 once the reason is printed.  It does not outlive
 * us, whatever ends us.
 */
pid_t far_end_start(const struct options *);

/** End it, and wait for that; 0: there is none. */
void far_end_stop(pid_t);

#endif
