/*
 * The guardian of a command: a process between zcopy and `sh -c COMMAND` that
 * outlives zcopy.
 *
 * When zcopy is killed, the kernel closes its end of the pipe, and the command
 * would see an orderly end of half the data.  So the guardian holds the writing
 * end, too, and lets go of it only when zcopy says that all is in the pipe.
 * Unless zcopy says at last that all is well, the guardian ends the command and
 * all that descend from it: SIGTERM, and SIGKILL after two seconds.  It does so
 * as well if the leash, a socket between the two, breaks, because zcopy is dead
 * then.  It exits when none of them is left, and until then holds the pipe.
 *
 * The command stays in zcopy's process group and session, as the command of any
 * pipeline does: it may read the terminal, and the keys ^C and ^Z reach both.
 * The guardian leaves the session, so that no signal to the group reaches it.
 * If it is killed nevertheless, zcopy kills what descends from the command when
 * the transfer fails.
 */
#ifndef GUARDIAN_H
#define GUARDIAN_H

#include <stdbool.h>
#include <sys/types.h>

#include "../base/deadline.h"

struct guardian {
	pid_t pid;			/* 0: not started */
	int leash;
	bool exited;			/* the command has */
	int wait_status;		/* how: wait(2) */
};

/**
 * Start `sh -c command` with these descriptors as its standard input and
 * output; -1: those of zcopy.  All others that have FD_CLOEXEC are closed.  Its
 * signals are those that zcopy was started with.  The guardian holds `hold`
 * (-1: nothing).  The caller closes all three.  Return 0, or -1 with errno.
 */
int guardian_start(struct guardian *, const char *command, int in, int out,
    int hold);

/**
 * Wait until the command has exited, for at most `milliseconds` (-1: until the
 * deadline).  Return 1 if it has, 0 if it has not, or -1 with errno: as
 * deadline_poll(); the reason why there is no such command (ENOENT: no
 * /bin/sh); ECHILD if the guardian was killed.
 */
int guardian_wait(struct guardian *, struct deadline *, int milliseconds);

/** Tell the guardian to close what it holds. */
void guardian_let_go(struct guardian *);

/**
 * Say whether all is well, and wait until the guardian has exited: at most
 * three seconds, signals or not.  Return true if it has.  False: processes of
 * the command are left that cannot be ended, and it goes on to hold the pipe.
 */
bool guardian_end(struct guardian *, bool well);

#endif
