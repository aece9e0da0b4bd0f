/*
 * How long to leave a full pipe to its reader.
 *
 * A call that finds the pipe full sleeps until the reader's next read(2) has
 * ended, gets as much room as that has made, and has to take the pipe's lock
 * while the reader already copies the next part under it.  The kernel spins
 * there (mutex_spin_on_owner), and the reader in turn spins while the pipe is
 * filled.  On Linux 6.18 and two cores, zcopy took this CPU, and the transfer
 * this time, in seconds for 1 GiB and by the size of the reader's read(2):
 *
 *			4 KiB		64 KiB		128 KiB
 *	no sleep	0.27 of 0.28	0.18 of 0.18	0.14 of 0.18
 *	with sleep	0.05 of 0.17	0.06 of 0.15	0.07 of 0.15
 *
 * So when the pipe is full, sleep as long as the reader takes to empty most of
 * it, and then fill it by one call.  The room that there is after a sleep tells
 * whether it was too short or too long.  FIONREAD would take the lock as well,
 * and poll(2) says only whether there is any room.
 *
 * A reader that splices, or reads 1 MiB, empties the pipe by one call.  Any
 * sleep may be too long for it, so there is none.
 *
 * The call that follows the sleep blocks: nothing is called in a loop if the
 * reader stops.
 */
#ifndef ENGINE_PIPE_PACE_H
#define ENGINE_PIPE_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All zeros: it never sleeps. */
struct pipe_pace {
	int fd;				/* the pipe, or -1: believe `size` */
	int64_t size;			/* what it holds when full, in bytes */
	int64_t room;			/* that was filled since it was full */
	int64_t sleep;			/* nanoseconds, or 0 */
	int skip;			/* how often not to sleep yet */
	int penalty;			/* `skip` after the next failure */
};

/** Begin, with a pipe of this size (0: it never sleeps).  If `fd` is not -1, it
 * is asked later whether the pipe still holds as much. */
void pipe_pace_begin(struct pipe_pace *, int fd, size_t size);

/** Note that `moved` bytes went into the pipe.  Return how many nanoseconds to
 * sleep before the next call, or 0.  `full`: the call moved less than it was
 * asked to, because the pipe has no more room. */
int64_t pipe_pace_moved(struct pipe_pace *, int64_t moved, bool full);

#endif
