/*
 * One transfer: parse, open, move, commit, and report on it.
 */
#ifndef TRANSFER_TRANSFER_H
#define TRANSFER_TRANSFER_H

#include "../base/status.h"
#include "../base/options.h"
#include "../endpoint/endpoint.h"
#include "../endpoint/preserve.h"
#include "cache.h"
#include "move.h"

/** Copy as the options say.  Return the exit status; if it is not STATUS_OK and
 * signals_caught() returns a signal, die by that signal instead. */
enum status transfer(const struct options *);

/**
 * The steps of transfer(), for the benchmark: parse -> open -> move -> commit,
 * and close in any case.  Each returns STATUS_OK; on failure, it prints the
 * reason and returns the exit status.
 */
struct transfer {
	struct endpoint source, dest;	/* as the options name them */
	struct preserved preserved;	/* --preserve */
	struct zc_hdtr hdtr;
	struct cache cache[2];		/* by enum role */
};

/** Parse the names and check the options, which must outlive the transfer.
 * Open nothing. */
enum status transfer_parse(struct transfer *, const struct options *);

/** Open both ends and wait until they are ready. */
enum status transfer_open(struct transfer *);

/** Move the data, and check that SOURCE has not changed.  For ZC_UNSUITED
 * nothing is printed, as by move(). */
enum status transfer_move(struct transfer *, struct moved *);

/** Make the transfer count: DEST first, then SOURCE. */
enum status transfer_commit(struct transfer *);

/** Close both ends.  What was not committed is undone. */
void transfer_close(struct transfer *);

#endif
