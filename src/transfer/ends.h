/*
 * The ends of a transfer: SOURCE, and one or more destinations, each of which
 * gets all of the data.
 */
#ifndef TRANSFER_ENDS_H
#define TRANSFER_ENDS_H

#include <stdbool.h>
#include <stddef.h>

#include "../base/options.h"
#include "../base/status.h"
#include "../endpoint/endpoint.h"
#include "../zcopy.h"
#include "cache.h"

/** A destination, and what became of it. */
struct dest {
	struct endpoint end;
	struct cache cache;		/* --no-cache */
	struct zc_result result;	/* of moving the data there */
	bool peer_ended;		/* its peer will send nothing more */
	enum status status;		/* STATUS_OK, or why it has failed: then
					   it takes part in nothing more */
};

struct ends {
	struct endpoint source;
	struct dest dest[DESTS_MAX];	/* in the order of the command line */
	size_t count;
};

/** Return the first destination after `dest` (NULL: from the beginning) that
 * has not failed; or NULL. */
struct dest *ends_next(struct ends *, struct dest *);

#define FOR_EACH_DEST(each, ends)					\
	for (struct dest *each = ends_next(ends, NULL); each != NULL;	\
	    each = ends_next(ends, each))

#endif
