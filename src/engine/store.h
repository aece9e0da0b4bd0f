/*
 * A store: where bytes wait between source and sink.
 *
 *	[open] -> (take | branch | give)* -> [spill] -> release
 *
 * Bytes are numbered from 0, the first byte of the range that the job moves.  A
 * store holds those from `from` to `to`, in order.
 */
#ifndef ENGINE_STORE_H
#define ENGINE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "../zcopy.h"
#include "end.h"
#include "step.h"

struct store_ops;

struct memory {
	char *data;		/* page aligned, or NULL */
	size_t size;
	int64_t base;		/* number of the byte that data[0] holds */
};

struct pipe {
	int in, out;		/* bytes go into `in` and come out of `out` */
	size_t size;		/* bytes that it takes, as the kernel says; or
				   fewer, if a copy takes fewer */
	size_t least;		/* a smaller one is not worth it */
};

struct window {
	char *map;		/* page aligned, or NULL */
	size_t length;		/* of the map */
	char *data;		/* the byte `base` */
	int64_t base;
	const struct end *in;	/* that is mapped */
};

struct store {
	const struct store_ops *ops;	/* NULL: it is not open */
	int64_t from, to;
	union {
		struct memory memory;
		struct pipe pipe;
		struct window window;
	};
};

/** What a store is opened for. */
struct setup {
	struct zc_ends ends;
	size_t block_size, pipe_size;	/* of the request */
	bool uncached;			/* the source is read with
					   RWF_DONTCACHE */
	bool named;			/* the method is the only one to use */
};

struct store_ops {
	/** Get what it needs.  Return 0, or -1 with errno: try the next method.
	 * Optional. */
	int (*open)(struct store *, const struct setup *);

	/** Take at most call->max bytes from the source. */
	struct step (*take)(struct store *, struct end *in,
	    const struct call *);

	/** Give the sink some of the bytes held from `at` on. */
	struct step (*give)(struct store *, int64_t at, struct end *out,
	    const struct call *);

	/** Let `copy`, which may not be open yet, hold the same bytes, without
	 * moving them.  Return 0, or -1 with errno and nothing in the copy;
	 * EAGAIN: the next bytes may fit.  NULL: several sinks can be given
	 * from the store itself. */
	int (*branch)(struct store *, struct store *copy);

	/** Move the bytes held to `memory`, which holds none and may not be
	 * open yet.  Return 0, or -1 with errno: they are lost.  NULL: they are
	 * in memory already, or can go back to the source. */
	int (*spill)(struct store *, struct store *memory);

	/** Release it, whatever it holds. */
	void (*release)(struct store *);
};

extern const struct store_ops store_memory, store_pipe, store_window;

static inline size_t
store_held(const struct store *store)
{
	return (size_t)(store->to - store->from);
}

static inline void
store_release(struct store *store)
{
	if (store->ops != NULL)
		store->ops->release(store);
	*store = (struct store){ .ops = NULL };
}

/** Number bytes from 0 again.  The store holds none that are needed. */
static inline void
store_restart(struct store *store)
{
	store->from = store->to = 0;
}

/** Make room for `size` bytes in all, and keep what is held.  Return 0, or -1
 * with ENOMEM and nothing changed. */
int memory_reserve(struct store *, size_t size);

/** Return the address of the byte `at`, which this store in memory holds. */
const char *memory_at(const struct store *, int64_t at);

/** Return the address and the number of bytes for memory_filled(). */
size_t memory_room(const struct store *, char **room);

/** Note that so many bytes have been put into its room. */
void memory_filled(struct store *, size_t size);

/** Write some of these bytes, which are in memory. */
struct step store_write(struct end *out, const char *data, size_t size,
    const struct call *call);

/** Enlarge the pipe fd, which may be the caller's, to about `size` bytes (0:
 * the size that measured best) as far as the kernel permits.  Return its
 * size.  Keep errno. */
size_t pipe_grow(int fd, size_t size);

#endif
