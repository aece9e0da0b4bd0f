#include "config.h"

#include "buffer-store.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../system/holes.h"
#include "../system/memory-file.h"

bool
buffer_store_in_pages(struct buffer_store *store)
{
	const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere < 0)
		return false;
	*store = (struct buffer_store){ .form = BUFFER_PAGES, .fd = nowhere };
	return true;
}

bool
buffer_store_in_pipes(struct buffer_store *store, int64_t size)
{
	struct pipe_queue *queue = pipe_queue_open(size);

	if (queue == NULL)
		return false;
	*store = (struct buffer_store){ .form = BUFFER_PIPES, .queue = queue,
		.fd = -1 };
	return true;
}

enum status
buffer_store_refuse(const char *doing)
{
	if (errno == ENOSYS)
		diag_error("--buffer", "this system has no memfd_create(2)");
	else if (errno == EFBIG)
		diag_error("--buffer", "the largest size of a file (ulimit -f) "
		    "limits the memory, too: raise it, or leave out --buffer");
	else
		diag_errno("--buffer", doing);
	return STATUS_OTHER;
}

/** Make the file, as large as it is going to be: the engine takes its size for
 * the source's. */
static enum status
make_file(struct buffer_store *store, int64_t start, int64_t expected)
{
	const int64_t most = memory_file_most();

	store->fd = memory_file_open("zcopy-buffer");
	if (store->fd < 0)
		return buffer_store_refuse("memfd_create");
	if (ftruncate(store->fd, expected < 0 || expected > most - start ?
	    most : start + expected) < 0 ||
	    lseek(store->fd, start, SEEK_SET) < 0)
		return buffer_store_refuse("make room");
	return STATUS_OK;
}

enum status
buffer_store_begin(struct buffer_store *store, int64_t start, int64_t expected)
{
	if (store->form == BUFFER_FILE)
		return make_file(store, start, expected);
	errno = store->form == BUFFER_PIPES ?
	    pipe_queue_start(store->queue) : 0;
	return errno != 0 ? buffer_store_refuse("start a thread") : STATUS_OK;
}

int
buffer_store_sink(const struct buffer_store *store)
{
	return store->form == BUFFER_PIPES ?
	    pipe_queue_entrance(store->queue) : store->fd;
}

int
buffer_store_source(const struct buffer_store *store)
{
	switch (store->form) {
	case BUFFER_PAGES:
		return -1;
	case BUFFER_PIPES:
		return pipe_queue_exit(store->queue);
	case BUFFER_FILE:
		break;
	}
	return store->fd;
}

int64_t
buffer_store_unit(const struct buffer_store *store)
{
	return store->form == BUFFER_FILE ? memory_file_unit() :
	    sysconf(_SC_PAGESIZE);
}

void
buffer_store_complete(struct buffer_store *store, int64_t position)
{
	/* ftruncate(2) cannot fail: the file was larger, or has this size. */
	if (store->form == BUFFER_FILE)
		(void)ftruncate(store->fd, position);
	if (store->form == BUFFER_PIPES)
		pipe_queue_complete(store->queue);
}

int
buffer_store_error(const struct buffer_store *store)
{
	return store->form == BUFFER_PIPES ?
	    pipe_queue_error(store->queue) : 0;
}

void
buffer_store_release(struct buffer_store *store, int64_t from, int64_t to)
{
	/* If it fails, the memory stays in use, and does no other harm. */
	if (store->form == BUFFER_FILE)
		(void)holes_punch(store->fd, from, to - from);
}

void
buffer_store_stop(struct buffer_store *store)
{
	if (store->form == BUFFER_PIPES)
		pipe_queue_stop(store->queue);
}

void
buffer_store_close(struct buffer_store *store)
{
	pipe_queue_close(store->queue);
	if (store->fd >= 0)
		close(store->fd);
}
