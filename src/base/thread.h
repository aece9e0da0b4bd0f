/*
 * Threads beside the main one, which alone handles signals.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

/** Start a thread that calls run(arg), with all signals blocked.  Return 0, or
 * an errno. */
int thread_start(pthread_t *, void *(*run)(void *), void *arg);

/** Join a thread that posts `idle` as its last act, if it does so within a
 * fifth of a second.  Return false if not: it is stuck in a system call, is
 * left to the end of the process, and still uses what it was given. */
bool thread_join_soon(pthread_t, sem_t *idle);

#endif
