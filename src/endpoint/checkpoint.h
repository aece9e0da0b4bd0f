/*
 * Checkpoints: how much of a file that grows is on the disk, and its digest.
 *
 * Behind the transfer, a thread reads what was written and hashes it; every two
 * seconds it calls fdatasync(2), and then `save`.  The first seconds need none,
 * so a short transfer has no thread.
 *
 * Only whole units of CHECKPOINT_UNIT are hashed, so that a transfer that goes
 * on there is aligned to the blocks of any file system: some kernel calls need
 * that to share blocks.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/digest.h"

#define CHECKPOINT_UNIT	INT64_C(65536)

struct checkpoint {
	int fd;				/* open for reading, too */
	/* Save that `flushed` bytes are on the disk; `digest` is of these.
	 * Return 0, or -1 with errno. */
	int (*save)(void *arg, int64_t flushed, const struct digest *digest);
	void *arg;

	_Atomic int64_t written;	/* there is data up to here */
	int64_t hashed;			/* `digest` is of the bytes before this
					   one */
	struct digest *digest;
	int64_t saved;			/* by the last call of `save` */
	int error;			/* errno of what failed; 0: nothing */
	bool unflushed;			/* `error` is that of fdatasync(2) */

	unsigned char *buffer;
	int64_t since;			/* when it began, or the thread last
					   flushed: clock_now() */
	bool runs;			/* there is a thread */
	bool alone;			/* none could be started */
	atomic_bool ended;		/* the thread is to end */
	pthread_t thread;
	pthread_mutex_t lock;		/* of `wake` */
	pthread_cond_t wake;
};

/**
 * Begin with a file whose first `from` bytes are on the disk; `digest` is of
 * these, and becomes the checkpoint's, also on failure.  The struct is all
 * zeros but for fd, save and arg, which the caller has set.  Return 0, or -1
 * with ENOMEM.
 */
int checkpoint_begin(struct checkpoint *, int64_t from, struct digest *digest);

/** Note that the file has been written up to here. */
void checkpoint_note(struct checkpoint *, int64_t written);

/** End the thread.  It may be in fdatasync(2), which nothing interrupts. */
void checkpoint_stop(struct checkpoint *);

/** Hash the rest, flush and save, without the thread.  If a signal ends us, the
 * hashing stops after a second.  Errors are in `error`. */
void checkpoint_finish(struct checkpoint *);

/** Free everything. */
void checkpoint_free(struct checkpoint *);

#endif
