/*
 * Extents of the source: where it has data, and where holes.
 *
 * Only a file that has fewer blocks than bytes is asked, so that no other file
 * costs a system call.  What the answers say is never the end of the source:
 * that is what read(2) says.
 */
#ifndef ENGINE_EXTENT_H
#define ENGINE_EXTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "end.h"

struct extent {
	bool looks;		/* ask where the holes are; false: take all for
				   data */
	bool hole;		/* what the next byte is in */
	int64_t to;		/* the offset where that ends */
	int own;		/* if the source is placed: a description of our
				   own, because lseek(2) moves the position; -1:
				   none */
	bool tried;		/* to open it */
};

#define EXTENT_INIT { .to = INT64_MAX, .own = -1 }

/** Begin to look for holes, if the source may have some. */
void extent_begin(struct extent *, const struct end *in);

/** Forget what is known, because the next byte is elsewhere. */
void extent_restart(struct extent *);

/** Set `hole` and `to` for the source's next byte, which is at the offset `at`.
 * Ask once for an extent of data, but each time for a hole: it may have been
 * filled meanwhile, or the file cut short. */
void extent_look(struct extent *, const struct end *in, int64_t at);

/** Release the description.  Keep errno. */
void extent_close(struct extent *);

#endif
