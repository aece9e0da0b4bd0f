/*
 * The ends of a transfer: SOURCE, and one or more destinations, each of which
 * gets all of the data.
 *
 * A destination that fails is dropped: it is undone at once, and the others go
 * on, unless it was the last one or --all-or-none is given.
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

struct watch;

/** A destination, and what became of it. */
struct dest {
	struct endpoint end;
	struct options options;		/* those that it can honour, if there
					   are several destinations */
	struct cache cache;		/* --no-cache */
	struct zc_result result;	/* of moving the data there; once it has
					   failed, `bytes` are those that have
					   arrived */
	bool peer_ended;		/* its peer will send nothing more */
	const struct watch *lent;	/* of SOURCE, if pages of it were lent
					   to a peer or a command, which may not
					   have taken them yet; or NULL */
	bool committed;			/* it is complete, for good */
	enum status status;		/* STATUS_OK, or why it has failed */
	bool broken;			/* its pipe has lost its reader: zcopy
					   is to die by SIGPIPE */
	char *error;			/* its first message; allocated */
};

struct ends {
	struct endpoint source;
	struct dest dest[DESTS_MAX];	/* in the order of the command line */
	size_t count;
	struct dest *failed;		/* the one that failed first, or NULL */
};

/** Return the first destination after `dest` (NULL: from the beginning) that
 * has not failed; or NULL. */
struct dest *ends_next(struct ends *, struct dest *);

#define FOR_EACH_DEST(each, ends)					\
	for (struct dest *each = ends_next(ends, NULL); each != NULL;	\
	    each = ends_next(ends, each))

/** Begin a step of one destination: the first message is kept in dest->error.
 * Return &dest->end. */
struct endpoint *ends_begin_step(struct dest *);

/**
 * End the step, which had this status.  If it has failed, drop the destination.
 * Return STATUS_OK if the transfer goes on with those that are left; otherwise
 * the status.  A caller that does not need dest->error (--explain) may leave
 * out ends_begin_step().
 */
enum status ends_end_step(struct ends *, struct dest *, enum status);

/** Open one destination, or only look at it, as one step.  Return as
 * ends_end_step(). */
typedef enum status ends_opener(struct ends *, struct dest *, void *arg);

/**
 * Open each destination, and check that it is not SOURCE.  With --user, open
 * those that listen first, then become that user.  Return STATUS_OK if the
 * transfer goes on; otherwise the status.
 */
enum status ends_open_dests(struct ends *, ends_opener *opener, void *arg);

/** True if a destination, all of which are open, is a regular file. */
bool ends_have_file(struct ends *);

/** Undo what is not committed of a destination, and close it.  It may be called
 * twice. */
void ends_abort_dest(struct dest *);

/** Return the name of the destination, for a line that says it only if there
 * are several; NULL if it is the only one. */
const char *ends_label(const struct ends *, const struct dest *);

#endif
