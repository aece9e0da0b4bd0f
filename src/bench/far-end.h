/*
 * Far ends: child processes that receive or send the data of a route.
 */
#ifndef BENCH_FAR_END_H
#define BENCH_FAR_END_H

#include <sys/types.h>

#include "../base/options.h"

/**
 * Fork a child that repeats --discard or a copy, as the options say, and prints
 * nothing.  Return its process ID; on failure, print the reason and return -1.
 * The kernel kills the child when we end (PR_SET_PDEATHSIG).
 */
pid_t far_end_start(const struct options *);

/** Kill the child and wait for it; 0: there is none. */
void far_end_stop(pid_t);

#endif
