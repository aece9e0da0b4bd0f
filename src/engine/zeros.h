/*
 * Zeros: blocks of them in memory, and making a sink's next bytes zeros without
 * writing them, if it is a file or a block device.
 */
#ifndef ENGINE_ZEROS_H
#define ENGINE_ZEROS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "end.h"
#include "step.h"

/* How a sink gets zeros.  What it refuses is not tried again. */
enum zeros_way {
	/* A file or device that has bytes there already: */
	ZEROS_PUNCH,		/* release the blocks */
	ZEROS_MARK,		/* mark the blocks as unwritten, or have the
				   device write zeros */
	/* A pipe or socket: */
	ZEROS_LEND,		/* a page of zeros, again and again */
	/* /dev/null: */
	ZEROS_DROP,		/* count them, and do nothing */

	ZEROS_WRITE,
};

/** What a sink has got of zeros. */
struct zeros {
	enum zeros_way way;
	int64_t from;		/* the offset of the hole that it ends in; -1:
				   it ends in data */
	int fd;			/* what is lent; -1: not open */
};

/** Begin with the best way for this sink. */
void zeros_begin(struct zeros *, const struct end *out);

/** Release what is lent.  Keep errno. */
void zeros_end(struct zeros *);

/** True if the sink is a file or device in which bytes can be skipped. */
bool zeros_can_be_skipped(const struct end *out);

/** True if zeros have to be written to this sink, as far as is known. */
bool zeros_are_written(const struct zeros *, const struct end *out);

/**
 * Make at most call->max of the sink's next bytes zeros.  In a file, bytes
 * beyond its end are only skipped, and blocks that are allocated there are
 * released: it has to be extended if none is written behind them.
 */
struct step zeros_make(struct zeros *, struct end *out, const struct call *);

/** Return how many of `size` bytes, which go to the offset `at`, are in whole
 * blocks of zeros, from the first byte on.  The last block may be cut off.
 * `continues`: a hole ends at `at`, so the first block may be, too. */
size_t zeros_blank(const char *data, size_t size, int64_t at, bool continues);

/** Return how many of them come before the first such block. */
size_t zeros_data(const char *data, size_t size, int64_t at);

#endif
