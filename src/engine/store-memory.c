/*
 * A store in memory, for read(2) and write(2), and for what other methods could
 * not deliver.  Several sinks can be given from it.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "nodisk.h"
#include "store.h"
#include "tuning.h"

int
memory_reserve(struct store *store, size_t size)
{
	struct memory *memory = &store->memory;
	size_t held = store_held(store);
	void *data;
	int error;

	if (store->ops != NULL && size <= memory->size)
		return 0;
	error = posix_memalign(&data, (size_t)sysconf(_SC_PAGESIZE), size);
	if (error != 0) {
		errno = error;
		return -1;
	}
	if (held > 0)
		memcpy(data, memory->data + (store->from - memory->base), held);
	if (store->ops != NULL)
		free(memory->data);
	store->ops = &store_memory;
	*memory = (struct memory){ .data = data, .size = size,
		.base = store->from };
	return 0;
}

const char *
memory_at(const struct store *store, int64_t at)
{
	return store->memory.data + (at - store->memory.base);
}

size_t
memory_room(const struct store *store, char **room)
{
	const struct memory *memory = &store->memory;
	size_t used = (size_t)(store->to - memory->base);

	*room = memory->data + used;
	return memory->size - used;
}

void
memory_filled(struct store *store, size_t size)
{
	store->to += (int64_t)size;
}

struct step
store_write(struct end *out, const char *data, size_t size,
    const struct call *call)
{
	ssize_t n;

	if (call->max == 0)		/* pwrite(2) would fail with EINVAL */
		return step_failed(ZC_SINK, EFBIG);
	size = MIN(size, (size_t)call->max);
	n = end_write(out, data, size, call->more);
	if (n == 0)			/* some full devices: ask again */
		n = end_write(out, data, size, call->more);
	return step_written(out, n, (int64_t)size);
}

static int
memory_open(struct store *store, const struct setup *setup)
{
	const struct zc_ends *ends = &setup->ends;
	size_t size = READWRITE_BLOCK;

	if (ends->out == ZC_SYNTHETIC)
		size = READWRITE_COMMAND_MAX + 1;	/* to notice more */
	else if (setup->block_size != 0)	/* /proc/sys: ENOMEM over 4M */
		size = MIN(setup->block_size, ends->in == ZC_SYNTHETIC ?
		    READWRITE_BLOCK : CALL_MAX);
	else if (ends->bytes > 0 && ends->bytes < (int64_t)READWRITE_LEAST)
		size = READWRITE_LEAST;
	else if (setup->uncached)
		size = READWRITE_UNCACHED;
	else if (ends->out == ZC_REGULAR)
		size = READWRITE_FILE;
	else if (ends->in == ZC_PIPE)
		size = READWRITE_PIPE;
	return memory_reserve(store, size);
}

static struct step
memory_take(struct store *store, struct end *in, const struct call *call)
{
	char *room;
	size_t size;
	ssize_t n;

	if (store_held(store) == 0)
		store->memory.base = store->from;
	size = memory_room(store, &room);
	if (size == 0)			/* only when gathering */
		return step_failed(ZC_SINK, EFBIG);
	/* End where a folio ends: see READWRITE_UNCACHED. */
	if (in->uncached && in->start >= 0 && size == READWRITE_UNCACHED)
		size -= (size_t)((in->start + store->to) % (int64_t)size);
	size = MIN(size, (size_t)call->max);
	n = call->nodisk ? nodisk_read(in, room, size) :
	    end_read(in, room, size);
	if (n > 0) {
		memory_filled(store, (size_t)n);
		return step_moved(n);
	}
	if (n == 0)
		return step_ended();
	if (errno == EINTR)
		return step_moved(0);
	if (errno == EAGAIN)
		return step_blocked(in);
	if (errno == EBUSY && call->nodisk &&
	    (in->kind == ZC_REGULAR || in->kind == ZC_BLOCK))
		return step_would_wait();
	return step_failed(ZC_SOURCE, errno);
}

static struct step
memory_give(struct store *store, int64_t at, struct end *out,
    const struct call *call)
{
	return store_write(out, memory_at(store, at), (size_t)(store->to - at),
	    call);
}

static void
memory_release(struct store *store)
{
	free(store->memory.data);
}

const struct store_ops store_memory = {
	.open = memory_open,
	.take = memory_take,
	.give = memory_give,
	.release = memory_release,
};
