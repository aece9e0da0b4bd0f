/*
 * A store in a private pipe, for splice(2): it holds references to pages, not
 * copies.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/param.h>
#include <unistd.h>

#include "store.h"
#include "tuning.h"

size_t
pipe_grow(int fd, size_t size)
{
	int saved = errno;
	int now = fcntl(fd, F_GETPIPE_SZ), made = -1;
	size_t wanted = size != 0 ? MIN(size, INT_MAX) : PIPE_BEST;

	/* F_SETPIPE_SZ fails with EPERM above pipe-max-size, and above the
	 * user's share of the memory for pipes (pipe-user-pages-soft): try
	 * half as much, and so on. */
	for (; made < 0 && now >= 0 && wanted > (size_t)now; wanted /= 2)
		made = fcntl(fd, F_SETPIPE_SZ, (int)wanted);
	if (made >= 0)
		now = made;
	errno = saved;
	return now > 0 ? (size_t)now : PIPE_LEAST;
}

#ifdef HAVE_SPLICE
static void
pipe_release(struct store *store)
{
	close(store->pipe.in);
	close(store->pipe.out);
}

/** Make a pipe of about `size` bytes, or a smaller one.  Return 0, or -1 with
 * errno; ENOBUFS: it would be smaller than `least`, because a user with too
 * much memory in pipes gets pipes of two pages (pipe(7)). */
static int
pipe_make(struct store *store, size_t size, size_t least)
{
	int fd[2], made;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	/* Unlike pipe_grow(), this can make it smaller, too. */
	made = fcntl(fd[1], F_SETPIPE_SZ, (int)MIN(size, INT_MAX));
	store->ops = &store_pipe;
	store->pipe = (struct pipe){ .out = fd[0], .in = fd[1],
		.size = made > 0 ? (size_t)made : pipe_grow(fd[1], size),
		.least = least };
	if (store->pipe.size >= least)
		return 0;
	store_release(store);
	errno = ENOBUFS;
	return -1;
}

static int
pipe_open(struct store *store, const struct setup *setup)
{
	const int64_t bytes = setup->ends.bytes;
	bool any = setup->pipe_size != 0 || setup->named;
	size_t size = setup->pipe_size;

	if (size == 0 && bytes >= 0 && bytes < (int64_t)PIPE_BEST)
		size = MAX((size_t)bytes, PIPE_WORTH_IT);
	return pipe_make(store, size != 0 ? size : PIPE_BEST,
	    any ? 0 : PIPE_WORTH_IT);
}

static struct step
pipe_take(struct store *store, struct end *in, const struct call *call)
{
	ssize_t n = splice(in->fd, end_offset(in), store->pipe.in, NULL,
	    MIN((size_t)call->max, store->pipe.size), call->splice_flags);

	if (n > 0) {
		store->to += n;
		return step_moved(n);
	}
	if (n == 0)
		return step_ended();
	if (errno == EINTR)
		return step_moved(0);
	if (errno == EAGAIN)		/* our pipe is empty, so it has room */
		return step_eagain(in);
	if (step_error_is_gone(errno))
		return step_failed(ZC_SOURCE, errno);
	return step_unsuited(errno);
}

static struct step
pipe_give(struct store *store, int64_t at, struct end *out,
    const struct call *call)
{
	size_t size = (size_t)MIN(store->to - at, call->max);
	ssize_t n;

	if (size == 0)
		return step_unsuited(EFBIG);
	n = splice(store->pipe.out, NULL, out->fd, end_offset(out), size,
	    call->splice_flags);
	if (n > 0) {
		store->from += n;
		return step_written(out, n, (int64_t)size);
	}
	if (n == 0)			/* our pipe is not empty */
		return step_unsuited(ENODATA);
	if (errno == EINTR)
		return step_moved(0);
	if (errno == EAGAIN)
		return step_eagain(out);
	if (step_error_is_full(errno) || step_error_is_gone(errno))
		return step_failed(ZC_SINK, errno);
	return step_unsuited(errno);
}

/** tee(2) begins at the first byte again each time, so a copy that came short
 * cannot be completed.  It comes short if the copy's pipe has room for fewer
 * buffers; that pipe is empty, because its sink has got all. */
static int
pipe_branch(struct store *store, struct store *copy)
{
	ssize_t held = (ssize_t)store_held(store), n;

	if (copy->ops == NULL &&
	    pipe_make(copy, store->pipe.size, store->pipe.least) < 0)
		return -1;
	/* Take no more next time than both pipes hold. */
	store->pipe.size = MIN(store->pipe.size, copy->pipe.size);
	do
		n = tee(store->pipe.out, copy->pipe.in, (size_t)held,
		    SPLICE_F_NONBLOCK);
	while (n < 0 && errno == EINTR);
	if (n == held) {
		copy->from = store->from;
		copy->to = store->to;
		return 0;
	}
	if (n >= 0)
		errno = EAGAIN;
	store_release(copy);
	return -1;
}

static int
pipe_spill(struct store *store, struct store *memory)
{
	size_t left = store_held(store);

	memory->from = memory->to = store->from;
	if (memory_reserve(memory, left) < 0)
		return -1;
	memory->memory.base = store->from;
	while (left > 0) {
		char *room;
		ssize_t n;

		(void)memory_room(memory, &room);
		n = read(store->pipe.out, room, left);
		if (n == 0)
			errno = EIO;	/* cannot be: it holds that many */
		if (n == 0 || (n < 0 && errno != EINTR))
			return -1;
		if (n < 0)
			continue;
		memory_filled(memory, (size_t)n);
		left -= (size_t)n;
	}
	store->from = store->to;
	return 0;
}

const struct store_ops store_pipe = {
	.open = pipe_open,
	.take = pipe_take,
	.give = pipe_give,
	.branch = pipe_branch,
	.spill = pipe_spill,
	.release = pipe_release,
};
#endif
