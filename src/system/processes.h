/*
 * The processes that descend from this one.  All functions are
 * async-signal-safe: they run between fork(2) and execve(2) of a process that
 * had threads.
 */
#ifndef SYSTEM_PROCESSES_H
#define SYSTEM_PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

/** Return 0 if /proc shows the processes of our own PID namespace; otherwise -1
 * with errno: ENOENT if it is not mounted, ESRCH if it shows another one, where
 * the same numbers mean other processes. */
int processes_visible(void);

/** Become the parent of every descendant whose own parent ends
 * (PR_SET_CHILD_SUBREAPER, Linux 3.4).  Return 0, or -1 with errno. */
int processes_adopt(void);

/** Set the name that ps(1) shows for this process: at most 15 characters. */
void processes_rename(const char *name);

/** Have SIGKILL sent to this process when its parent ends, where the system can
 * (Linux: PR_SET_PDEATHSIG). */
void processes_end_with_parent(void);

/**
 * Send SIGSTOP to all descendants of this process, until no running one is
 * left, so that none can see how another ends.  Then send each of them
 * `signal`.  SIGKILL ends all.  After any other signal, let only those go on
 * that do not ignore it.  Processes of another user stay as they are
 * (EPERM).
 */
void processes_signal(int signal);

/**
 * Stop all descendants of this process, and open the writing end of each pipe
 * that one of them has open.  Until this process exits, none of them sees the
 * end of another as the end of its data.  As far as there are descriptors, and
 * at most 256; pipes of another user are left out.
 */
void processes_hold_pipes(void);

/** Close all descriptors from `first` on: close_range(2), Linux 5.9, or one by
 * one. */
void processes_close_from(int first);

#endif
