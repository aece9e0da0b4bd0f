/*
 * Threads beside the main one, which alone handles signals.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/** Start a thread that calls run(arg), with all signals blocked.  Return 0, or
 * an errno. */
int thread_start(pthread_t *, void *(*run)(void *), void *arg);

#endif
