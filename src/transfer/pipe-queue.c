#include "config.h"

#include "pipe-queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../base/bell.h"
#include "../base/thread.h"
#include "../system/pipes.h"

/* The default of pipe-max-size: everybody may make pipes of this size. */
#define PIPE_SIZE	((size_t)1024 * 1024)

/* The size of pipes for which a large queue asks first.  It needs fewer of
 * them, but CAP_SYS_RESOURCE. */
#define PIPE_LARGE	((size_t)32 * 1024 * 1024)

struct link {
	int fd[2];
	int64_t bytes;			/* in it, if it is one of the ring */
};

struct pipe_queue {
	struct link entrance, exit;
	struct link *ring;		/* `count` pipes between them, of which
					   `used` have data: `head` is read */
	size_t count, head, used;
	size_t each;			/* the size of one of them */
	bool full;			/* the entrance has more than fits */
	bool complete;			/* nobody writes to it any more */
	atomic_int error;		/* pages cannot be moved: errno */
	struct bell stop;
	pthread_t thread;
	bool started;
	char *copied;			/* `each` / 2 bytes, for compact() */
};

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
close_link(struct link *link)
{
	close_end(&link->fd[0]);
	close_end(&link->fd[1]);
}

/** Make a pipe of this size.  Return 0, or -1 and a link that close_link()
 * accepts. */
static int
open_link(struct link *link, size_t size)
{
	int fd[2];

	*link = (struct link){ .fd = { -1, -1 } };
	if (pipes_open(fd, size) < 0)
		return -1;
	*link = (struct link){ .fd = { fd[0], fd[1] } };
	return 0;
}

/** True if so many pipes, of two descriptors each, leave half of those that we
 * may have for other uses. */
static bool
may_have(size_t pipes)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    pipes < limit.rlim_cur / 4;
}

/** True if pages can be moved: a kernel or a seccomp filter may refuse it. */
static bool
works(const struct pipe_queue *queue)
{
	return pipes_pass(queue->entrance.fd[0], queue->exit.fd[1],
	    PIPE_SIZE) < 0 && errno == EAGAIN;
}

/** Make a queue whose pipes have room for `each`. */
static struct pipe_queue *
open_queue(int64_t size, size_t each)
{
	const size_t count = (size_t)((size - 1) / (int64_t)each) + 1;
	struct pipe_queue *queue;
	bool failed;

	queue = may_have(count) ? calloc(1, sizeof(*queue)) : NULL;
	if (queue == NULL)
		return NULL;
	queue->stop = (struct bell)BELL_INIT;
	queue->each = each;
	failed = open_link(&queue->entrance, PIPE_SIZE) < 0;
	failed |= open_link(&queue->exit, PIPE_SIZE) < 0;
	failed |= bell_open(&queue->stop) < 0;
	queue->ring = calloc(count, sizeof(*queue->ring));
	queue->copied = malloc(each / 2);
	failed |= queue->ring == NULL || queue->copied == NULL;
	while (!failed && queue->count < count)
		failed = open_link(&queue->ring[queue->count++], each) < 0;
	if (!failed && works(queue))
		return queue;
	pipe_queue_close(queue);
	return NULL;
}

struct pipe_queue *
pipe_queue_open(int64_t size)
{
	struct pipe_queue *queue = size > (int64_t)PIPE_LARGE ?
	    open_queue(size, PIPE_LARGE) : NULL;

	return queue != NULL ? queue : open_queue(size, PIPE_SIZE);
}

int
pipe_queue_entrance(const struct pipe_queue *queue)
{
	return queue->entrance.fd[1];
}

int
pipe_queue_exit(const struct pipe_queue *queue)
{
	return queue->exit.fd[0];
}

/** Move what fits from one pipe to another.  Return false if nothing moved. */
static bool
pass(struct pipe_queue *queue, struct link *from, struct link *to)
{
	ssize_t n = pipes_pass(from->fd[0], to->fd[1], PIPE_SIZE);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		queue->error = errno;
	if (n <= 0)
		return false;
	from->bytes -= n;
	to->bytes += n;
	return true;
}

/** Move what is in the ring to the exit, as far as it fits. */
static void
give(struct pipe_queue *queue)
{
	while (queue->used > 0) {
		struct link *head = &queue->ring[queue->head];

		if (!pass(queue, head, &queue->exit))
			return;
		if (head->bytes > 0)
			continue;
		queue->head = (queue->head + 1) % queue->count;
		queue->used--;
	}
}

/** Return the pipe that takes what is next: the last one with data, or the exit
 * if there is none. */
static struct link *
last(struct pipe_queue *queue)
{
	return queue->used == 0 ? &queue->exit :
	    &queue->ring[(queue->head + queue->used - 1) % queue->count];
}

/** Copy what is in this pipe of the ring, in its order, into as few pages as it
 * takes.  Return false, having done nothing, if that would free less than half
 * of the pipe.  So each piece costs at most the copy of one page, and every
 * full pipe but the exit holds at least half of its size.
 *
 * The pipe is emptied first, so that write(2) cannot block.  It could if this
 * went by parts: a piece from a socket has up to 32 KiB, but takes one of the
 * places of a pipe, and its copy takes one for each page. */
static bool
compact(struct pipe_queue *queue, const struct link *link)
{
	const ssize_t size = (ssize_t)link->bytes;
	ssize_t n;

	if (link == &queue->exit || link->bytes > (int64_t)queue->each / 2)
		return false;
	n = pipes_read_all(link->fd[0], queue->copied, (size_t)size);
	if (n == size)
		n = write(link->fd[1], queue->copied, (size_t)size);
	if (n == size)
		return true;
	queue->error = n < 0 ? errno : EIO;
	return false;
}

static bool
has_data(const struct link *link)
{
	int bytes = 0;

	return ioctl(link->fd[0], FIONREAD, &bytes) == 0 && bytes > 0;
}

/** Move what is at the entrance as far as there is room. */
static void
take(struct pipe_queue *queue)
{
	queue->full = false;
	while (!queue->full && queue->error == 0 &&
	    has_data(&queue->entrance)) {
		if (pass(queue, &queue->entrance, last(queue)))
			continue;
		if (queue->error == 0 && compact(queue, last(queue)))
			continue;
		queue->full = queue->used == queue->count;
		if (!queue->full)
			queue->used++;
	}
}

/** Wait until something can move.  Return false if nothing will: the queue was
 * stopped or has failed, or its last byte has left. */
static bool
wait_for_more(struct pipe_queue *queue)
{
	struct pollfd polled[] = {
		{ .fd = queue->stop.fd[0], .events = POLLIN },
		{ .fd = queue->full || queue->complete ? -1 :
		    queue->entrance.fd[0], .events = POLLIN },
		{ .fd = queue->used > 0 ? queue->exit.fd[1] : -1,
		    .events = POLLOUT },
	};

	if (queue->error != 0 || (queue->complete && queue->used == 0))
		return false;
	if (poll(polled, 3, -1) < 0) {
		if (errno != EINTR)
			queue->error = errno;
		return errno == EINTR;
	}
	if (polled[0].revents != 0)
		return false;
	queue->complete |= (polled[1].revents & (POLLIN | POLLHUP)) == POLLHUP;
	return true;
}

static void *
run(void *arg)
{
	struct pipe_queue *queue = arg;

	do {
		give(queue);
		take(queue);
	} while (wait_for_more(queue));
	close_end(&queue->entrance.fd[0]);
	close_end(&queue->exit.fd[1]);
	return NULL;
}

int
pipe_queue_start(struct pipe_queue *queue)
{
	int error = thread_start(&queue->thread, run, queue);

	queue->started = error == 0;
	return error;
}

void
pipe_queue_complete(struct pipe_queue *queue)
{
	close_end(&queue->entrance.fd[1]);
}

int
pipe_queue_error(const struct pipe_queue *queue)
{
	return queue->error;
}

void
pipe_queue_stop(struct pipe_queue *queue)
{
	bell_ring(&queue->stop);
}

void
pipe_queue_close(struct pipe_queue *queue)
{
	if (queue == NULL)
		return;
	if (queue->started) {
		pipe_queue_stop(queue);
		pthread_join(queue->thread, NULL);
	}
	close_link(&queue->entrance);
	close_link(&queue->exit);
	for (size_t i = 0; i < queue->count; i++)
		close_link(&queue->ring[i]);
	free(queue->ring);
	free(queue->copied);
	bell_close(&queue->stop);
	free(queue);
}
