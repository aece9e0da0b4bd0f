/*
 * A store that is a window of the mapped source, for mmap(2).
 *
 * We never access the mapping ourselves: if the source has shrunk, that raises
 * SIGBUS, but write(2) fails with EFAULT.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"
#include "tuning.h"

static int64_t
size_now(const struct end *in)
{
	struct stat st;

	if (in->kind == ZC_BLOCK)
		return in->size;
	return fstat(in->fd, &st) < 0 ? -1 : st.st_size;
}

static void
window_unmap(struct window *window)
{
	if (window->map != NULL)
		munmap(window->map, window->length);
	window->map = NULL;
}

/** Map `size` bytes from `at` on, instead of what was mapped.  Return 0, or -1
 * with errno and nothing mapped. */
static int
window_map(struct window *window, const struct end *in, int64_t at, size_t size)
{
	size_t before = (size_t)(at % sysconf(_SC_PAGESIZE));
	void *map;

	window_unmap(window);
	/* Without MAP_POPULATE: with it, mmap(2) tries to read a page that has
	 * an I/O error again and again, until SIGKILL (seen with Linux 6.12
	 * and 6.18). */
	map = mmap(NULL, before + size, PROT_READ, MAP_SHARED, in->fd,
	    at - (int64_t)before);
	if (map == MAP_FAILED)
		return -1;
	window->map = map;
	window->length = before + size;
	window->data = (char *)map + before;
	window->in = in;
	return 0;
}

static struct step
window_take(struct store *store, struct end *in, const struct call *call)
{
	struct window *window = &store->window;
	int64_t at = end_position(in);
	int64_t there = size_now(in) - at;
	size_t size = MIN((size_t)call->max, WINDOW);

	if (at < 0)
		return step_unsuited(errno);
	if (there <= 0)
		return step_ended();
	if ((int64_t)size > there)
		size = (size_t)there;

	(void)posix_fadvise(in->fd, at + (int64_t)size, (off_t)size,
	    POSIX_FADV_WILLNEED);
	if (window_map(window, in, at, size) < 0 ||
	    end_advance(in, (int64_t)size) < 0)
		return step_unsuited(errno);
	window->base = store->from;
	store->to = store->from + (int64_t)size;
	return step_moved((int64_t)size);
}

/** Handle EFAULT at `at`.  If the page is beyond the end by now, the source has
 * ended before the bytes held, which the loop puts back.  If it is on a bad
 * block, read(2) says so. */
static struct step
window_fault(const struct store *store, int64_t at)
{
	const struct end *in = store->window.in;
	int64_t size = size_now(in);
	char byte;

	if (size >= 0 && size < end_position(in))
		return step_ended();
	if (pread(in->fd, &byte, 1, end_position(in) - (store->to - at)) >= 0)
		return step_unsuited(EFAULT);
	if (errno == EINTR)
		return step_moved(0);
	return step_failed(ZC_SOURCE, errno);
}

static struct step
window_give(struct store *store, int64_t at, struct end *out,
    const struct call *call)
{
	const struct window *window = &store->window;
	struct step step = store_write(out, window->data + (at - window->base),
	    (size_t)(store->to - at), call);

	if (step.outcome == STEP_FAILED && step.error == EFAULT)
		return window_fault(store, at);
	return step;
}

static void
window_release(struct store *store)
{
	window_unmap(&store->window);
}

const struct store_ops store_window = {
	.take = window_take,
	.give = window_give,
	.release = window_release,
};
