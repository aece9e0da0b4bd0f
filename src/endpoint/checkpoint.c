#include "config.h"

#include "checkpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/diag.h"
#include "../base/signals.h"
#include "../base/thread.h"

#define SECOND		INT64_C(1000000000)	/* ns */
#define DELAY		SECOND		/* until there is a thread */
#define INTERVAL	(2 * SECOND)	/* between two flushes */
#define PERIOD		(SECOND / 10)	/* between two looks at `written` */
#define BUFFER		(4 * CHECKPOINT_UNIT)

int
checkpoint_begin(struct checkpoint *c, int64_t from, struct digest *digest)
{
	pthread_condattr_t attributes;

	c->digest = digest;
	c->buffer = malloc(BUFFER);
	if (c->buffer == NULL)
		return -1;
	c->written = c->hashed = c->saved = from;
	c->since = clock_now();
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	return 0;
}

/** Hash the next units that are there, at most BUFFER bytes.  Return false if
 * there are none.  The file may be shorter than `written`: a hole at its end
 * does not make it longer until something is written behind it. */
static bool
hash(struct checkpoint *c)
{
	const int64_t there = c->written - c->hashed;
	ssize_t n;

	if (there < CHECKPOINT_UNIT || c->error != 0)
		return false;
	n = pread(c->fd, c->buffer, (size_t)MIN(there, BUFFER), c->hashed);
	if (n < 0) {
		c->error = errno == EINTR ? 0 : errno;
		return errno == EINTR;
	}
	n -= n % CHECKPOINT_UNIT;
	digest_update(c->digest, c->buffer, (size_t)n);
	c->hashed += n;
	return n > 0;
}

/** Flush, and save what is on the disk then. */
static void
flush(struct checkpoint *c)
{
	if (c->error != 0 || c->hashed == c->saved)
		return;
	while (fdatasync(c->fd) < 0) {
		if (errno == EINTR)
			continue;
		/* The kernel reports an error once, and then takes the pages
		 * for clean. */
		c->error = errno;
		c->unflushed = true;
		return;
	}
	if (c->save(c->arg, c->hashed, c->digest) < 0)
		c->error = errno;
	else
		c->saved = c->hashed;
}

/** Sleep for a PERIOD, or until the thread is to end. */
static void
pause_thread(struct checkpoint *c)
{
	const int64_t until = clock_now() + PERIOD;
	const struct timespec time = { .tv_sec = (time_t)(until / SECOND),
		.tv_nsec = (long)(until % SECOND) };

	pthread_mutex_lock(&c->lock);
	while (!c->ended &&
	    pthread_cond_timedwait(&c->wake, &c->lock, &time) == 0)
		;
	pthread_mutex_unlock(&c->lock);
}

static void *
run(void *arg)
{
	struct checkpoint *c = arg;

	while (!c->ended) {
		while (!c->ended && hash(c))
			;
		if (!c->ended && clock_now() - c->since >= INTERVAL) {
			flush(c);
			c->since = clock_now();
		}
		pause_thread(c);
	}
	return NULL;
}

void
checkpoint_note(struct checkpoint *c, int64_t written)
{
	int error;

	c->written = written;
	if (c->runs || c->alone || clock_now() - c->since < DELAY)
		return;
	error = thread_start(&c->thread, run, c);
	c->runs = error == 0;
	c->alone = error != 0;
	if (c->alone)
		diag_note("--resume: kill -9 and a crash will lose what this "
		    "run has moved: no thread: %s", strerror(error));
}

void
checkpoint_stop(struct checkpoint *c)
{
	if (!c->runs)
		return;
	pthread_mutex_lock(&c->lock);
	c->ended = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	c->runs = false;
}

void
checkpoint_finish(struct checkpoint *c)
{
	int64_t until = 0;

	while (until == 0 || clock_now() < until) {
		if (until == 0 && signals_caught() != 0)
			until = clock_now() + SECOND;
		if (!hash(c))
			break;
	}
	flush(c);
}

void
checkpoint_free(struct checkpoint *c)
{
	if (c->buffer != NULL) {
		pthread_cond_destroy(&c->wake);
		pthread_mutex_destroy(&c->lock);
	}
	free(c->buffer);
	digest_free(c->digest);
}
