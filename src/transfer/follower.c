#include "config.h"

#include "follower.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/gauge.h"
#include "../base/signals.h"
#include "../base/thread.h"

#define MIB	((int64_t)1024 * 1024)

/* How far the follower may lag behind.  While it catches up, the transfer
 * sleeps for a few milliseconds at a time, in which it must not run out of
 * work. */
#define WINDOW	(32 * MIB)
#define LEAST	(8 * MIB)	/* room in it before more is moved */
#define PAUSE	INT64_C(1000000)	/* nanoseconds between two looks */

/* One pread(2).  It stays in the CPU's cache until it is digested. */
#define BLOCK	((size_t)256 * 1024)

/* Data and holes alternate.  Between two calls of follower_allow() there are at
 * most a hole, which it is not asked for, and data. */
#define RANGES		64
#define RANGES_SPARE	4

struct range {
	int64_t from, length;
	bool hole;
};

struct follower {
	pthread_t thread;
	int fd;
	struct digest *digest;
	unsigned char *block;		/* BLOCK bytes */
	sem_t idle;			/* posted once, when it has ended */

	pthread_mutex_t lock;		/* of all that follows */
	pthread_cond_t work;
	struct range range[RANGES];	/* a ring: what is to be digested */
	size_t first, count;
	int64_t lag;			/* their bytes */
	bool complete;			/* no more will be added */
	bool stopped;			/* end at once */
	int error;			/* of pread(2), or ENODATA */
};

/** Wait for work, and set *range to the next bytes, at most a BLOCK.  Return
 * false if there will be none. */
static bool
next_range(struct follower *follower, struct range *range)
{
	struct range *first;

	pthread_mutex_lock(&follower->lock);
	while (follower->count == 0 && !follower->complete &&
	    !follower->stopped)
		pthread_cond_wait(&follower->work, &follower->lock);
	if (follower->count == 0 || follower->stopped) {
		pthread_mutex_unlock(&follower->lock);
		return false;
	}
	first = &follower->range[follower->first];
	*range = *first;
	range->length = MIN(range->length, (int64_t)BLOCK);
	first->from += range->length;
	first->length -= range->length;
	if (first->length == 0) {
		follower->first = (follower->first + 1) % RANGES;
		follower->count--;
	}
	pthread_mutex_unlock(&follower->lock);
	return true;
}

/** Read these bytes.  Return 0, or an errno; ENODATA: the file ends before. */
static int
read_range(const struct follower *follower, const struct range *range)
{
	size_t size = (size_t)range->length, done = 0;
	ssize_t n;

	while (done < size) {
		n = pread(follower->fd, follower->block + done, size - done,
		    range->from + (int64_t)done);
		if (n == 0)
			return ENODATA;
		if (n < 0 && errno != EINTR)
			return errno;
		done += (size_t)MAX(n, 0);
	}
	return 0;
}

/** Digest one range.  Return 0, or an errno. */
static int
digest_range(struct follower *follower, const struct range *range)
{
	static const unsigned char zeros[BLOCK];
	int error = range->hole ? 0 : read_range(follower, range);

	if (error == 0)
		digest_update(follower->digest, range->hole ? zeros :
		    follower->block, (size_t)range->length);
	return error;
}

static void *
follow(void *arg)
{
	struct follower *follower = arg;
	struct range range;
	int error = 0;

	/* After an error, only count: whether SOURCE has changed is found out
	 * at the end, and is the better message. */
	while (next_range(follower, &range)) {
		if (error == 0)
			error = digest_range(follower, &range);
		pthread_mutex_lock(&follower->lock);
		follower->lag -= range.length;
		if (error != 0)		/* not ENOBUFS of follower_add() */
			follower->error = error;
		pthread_mutex_unlock(&follower->lock);
	}
	sem_post(&follower->idle);
	return NULL;
}

static void
release(struct follower *follower)
{
	free(follower->block);
	free(follower);
}

struct follower *
follower_start(int fd, struct digest *digest)
{
	struct follower *follower = calloc(1, sizeof(*follower));
	int error;

	if (follower == NULL)
		return NULL;
	follower->fd = fd;
	follower->digest = digest;
	follower->block = malloc(BLOCK);
	pthread_mutex_init(&follower->lock, NULL);
	pthread_cond_init(&follower->work, NULL);
	sem_init(&follower->idle, 0, 0);
	error = follower->block == NULL ? ENOMEM :
	    thread_start(&follower->thread, follow, follower);
	if (error == 0)
		return follower;
	release(follower);
	errno = error;
	return NULL;
}

/** Return the last range if these bytes continue it, or a new one; NULL if
 * there is no room for one. */
static struct range *
range_for(struct follower *follower, const struct zc_moved *moved)
{
	struct range *last = &follower->range[(follower->first +
	    follower->count - 1) % RANGES];

	if (follower->count > 0 && last->hole == moved->skipped &&
	    last->from + last->length == moved->in_from)
		return last;
	if (follower->count == RANGES)
		return NULL;
	last = &follower->range[(follower->first + follower->count) % RANGES];
	follower->count++;
	*last = (struct range){ .from = moved->in_from,
		.hole = moved->skipped };
	return last;
}

void
follower_add(struct follower *follower, const struct zc_moved *moved)
{
	struct range *range;

	pthread_mutex_lock(&follower->lock);
	range = range_for(follower, moved);
	if (range != NULL) {
		range->length += moved->length;
		follower->lag += moved->length;
	} else {
		follower->error = ENOBUFS;
	}
	pthread_cond_signal(&follower->work);
	pthread_mutex_unlock(&follower->lock);
}

int64_t
follower_allow(struct follower *follower, int64_t bytes, int64_t *until)
{
	int64_t room;

	pthread_mutex_lock(&follower->lock);
	room = follower->count + RANGES_SPARE > RANGES ? 0 :
	    WINDOW - follower->lag;
	pthread_mutex_unlock(&follower->lock);
	if (room >= LEAST)
		return MIN(bytes, room - room % MIB);
	*until = clock_now() + PAUSE;
	return 0;
}

/** Set a flag, and wake the thread. */
static void
tell(struct follower *follower, bool *flag)
{
	pthread_mutex_lock(&follower->lock);
	*flag = true;
	pthread_cond_signal(&follower->work);
	pthread_mutex_unlock(&follower->lock);
}

int
follower_finish(struct follower *follower)
{
	tell(follower, &follower->complete);
	if (sem_trywait(&follower->idle) < 0) {
		gauge_phase(PHASE_DIGESTING);
		while (sem_wait(&follower->idle) < 0) {
			signals_answer();
			if (signals_caught() == 0)
				continue;
			errno = EINTR;
			return -1;
		}
	}
	sem_post(&follower->idle);	/* for follower_end() */
	errno = follower->error;
	return errno != 0 ? -1 : 0;
}

bool
follower_end(struct follower *follower)
{
	if (follower == NULL)
		return true;
	tell(follower, &follower->stopped);
	if (!thread_join_soon(follower->thread, &follower->idle))
		return false;
	sem_destroy(&follower->idle);
	release(follower);
	return true;
}
