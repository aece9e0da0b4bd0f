#include "config.h"

#include "filler.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/param.h>

#include "../base/bell.h"
#include "../base/poll-until.h"
#include "../base/thread.h"
#include "../endpoint/look.h"
#include "ahead.h"

/* The most that one call reads.  The destinations learn of it only when the
 * call returns. */
#define BLOCK	((int64_t)1024 * 1024)

struct filler {
	struct buffer *buffer;
	struct zc_job *job;
	int source;
	bool polls;			/* SOURCE can block: a pipe, a socket */
	int64_t start;
	struct bell stop;
	pthread_t thread;
	sem_t idle;			/* posted once, when it has ended */

	pthread_mutex_t lock;		/* of the next one */
	struct zc_result result;
};

/** zc_request.wait: wait until this is ready or its time has come, or until
 * filler_end() rings.  Return 0, or -1 with errno. */
static int
filler_wait(const struct zc_wait *wait, size_t count, void *arg)
{
	const struct filler *filler = arg;
	struct pollfd polled[] = {
		{ .fd = filler->stop.fd[0], .events = POLLIN },
		{ .fd = wait->fd, .events = wait->events },
	};

	(void)count;			/* 1, because there is one sink */
	while (poll_until(polled, 2, wait->until) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

/** zc_request.allow: wait for room, and for SOURCE here, because filler_end()
 * cannot end a call that blocks. */
static int64_t
filler_allow(int64_t bytes, int64_t *until, void *arg)
{
	struct filler *filler = arg;
	const struct zc_wait source = { .fd = filler->source,
		.events = POLLIN };
	int64_t room = buffer_room(filler->buffer, MIN(bytes, BLOCK));

	(void)until;
	if (room > 0 && filler->polls && filler_wait(&source, 1, filler) < 0)
		return -1;
	if (room > 0 && !buffer_is_stopped(filler->buffer))
		return room;
	errno = ECANCELED;
	return -1;
}

static int
filler_event(const struct zc_event *event, void *arg)
{
	struct filler *filler = arg;

	if (event->type == ZC_EVENT_MOVED && event->moved.out_from >= 0)
		buffer_fill(filler->buffer, filler->start + event->bytes);
	return buffer_is_stopped(filler->buffer);
}

static void *
fill(void *arg)
{
	struct filler *filler = arg;
	sigset_t stops;

	/* With SIGTTIN blocked, reading from the terminal in the background
	 * would fail with EIO, instead of stopping us. */
	sigemptyset(&stops);
	sigaddset(&stops, SIGTTIN);
	pthread_sigmask(SIG_UNBLOCK, &stops, NULL);
	(void)zc_job_run(filler->job, NULL, 0);
	zc_job_end(filler->job);
	pthread_mutex_lock(&filler->lock);
	filler->result = *zc_job_result(filler->job);
	pthread_mutex_unlock(&filler->lock);
	buffer_complete(filler->buffer);
	sem_post(&filler->idle);
	return NULL;
}

static struct zc_job *
make_job(struct filler *filler, const struct endpoint *source, unsigned flags)
{
	const struct options *options = source->options;
	struct zc_request request = ZC_REQUEST_INIT(source->fd,
	    buffer_sink(filler->buffer));

	request.bytes = look_wanted(source);
	request.flags = flags;
	if (buffer_fd(filler->buffer) < 0) {
		/* SOURCE's position is that of the job that follows. */
		request.offset = filler->start;
	} else {
		request.block_size = options->block_size;
		request.pipe_size = options->pipe_size;
	}
	request.allow = filler_allow;
	request.event = filler_event;
	request.wait = filler_wait;
	request.arg = filler;
	return zc_job_new(&request);
}

static void
release(struct filler *filler)
{
	zc_job_free(filler->job);
	bell_close(&filler->stop);
	sem_destroy(&filler->idle);
	pthread_mutex_destroy(&filler->lock);
	free(filler);
}

/** True if reading from this kind of end may block until a peer acts. */
static bool
can_block(enum zc_kind kind)
{
	return kind != ZC_REGULAR && kind != ZC_BLOCK && kind != ZC_SYNTHETIC;
}

struct filler *
filler_start(const struct endpoint *source, struct buffer *buffer,
    int64_t start, unsigned flags)
{
	struct filler *filler = calloc(1, sizeof(*filler));
	int error;

	if (filler == NULL)
		return NULL;
	*filler = (struct filler){ .buffer = buffer, .source = source->fd,
		.polls = can_block(endpoint_kind(source)),
		.start = start,
		.stop = BELL_INIT, .result = ZC_RESULT_INIT };
	pthread_mutex_init(&filler->lock, NULL);
	sem_init(&filler->idle, 0, 0);
	filler->job = make_job(filler, source, flags);
	if (filler->job != NULL && bell_open(&filler->stop) == 0) {
		ahead_advise(source, ZC_READ_WRITE);
		errno = thread_start(&filler->thread, fill, filler);
		if (errno == 0)
			return filler;
	}
	error = errno;
	release(filler);
	errno = error;
	return NULL;
}

struct zc_result
filler_result(struct filler *filler)
{
	struct zc_result result;

	pthread_mutex_lock(&filler->lock);
	result = filler->result;
	pthread_mutex_unlock(&filler->lock);
	return result;
}

bool
filler_end(struct filler *filler, bool early, struct zc_result *result)
{
	if (early) {
		buffer_stop(filler->buffer);
		bell_ring(&filler->stop);
	}
	if (!thread_join_soon(filler->thread, &filler->idle))
		return false;
	*result = filler->result;
	release(filler);
	return true;
}
