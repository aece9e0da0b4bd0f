/*
 * One transfer, step by step, for a run and for the benchmark:
 *
 *	parse -> open -> ready -> move -> commit
 *
 * and close in any case.  Each step returns STATUS_OK; on failure, it prints
 * the reason and returns the exit status.
 */
#ifndef TRANSFER_TRANSFER_H
#define TRANSFER_TRANSFER_H

#include "../base/status.h"
#include "../base/options.h"
#include "../endpoint/endpoint.h"
#include "../endpoint/preserve.h"
#include "cache.h"
#include "digesting.h"
#include "ends.h"
#include "move.h"

struct transfer {
	struct ends ends;		/* as the options name them */
	struct preserved preserved;	/* --preserve */
	struct zc_hdtr hdtr;
	struct cache cache;		/* of SOURCE */
	struct digesting digesting;	/* --digest, --expect */
	struct watch watch;		/* of SOURCE */
};

/** Parse the names and check the options, which must outlive the transfer.
 * Open nothing. */
enum status transfer_parse(struct transfer *, const struct options *);

/** Open all ends, and with --user become that user. */
enum status transfer_open(struct transfer *);

/** Wait for the other sides of all ends. */
enum status transfer_ready(struct transfer *);

/** Move the data, and check that SOURCE has not changed and that the digest is
 * the one that was expected.  For ZC_UNSUITED nothing is printed, as by
 * move(). */
enum status transfer_move(struct transfer *, struct moved *);

/** Make the transfer count: destinations first, then SOURCE. */
enum status transfer_commit(struct transfer *);

/** Close all ends.  What was not committed is undone. */
void transfer_close(struct transfer *);

#endif
