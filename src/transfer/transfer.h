/*
 * One run: open, move, commit, report.
 */
#ifndef TRANSFER_TRANSFER_H
#define TRANSFER_TRANSFER_H

#include "../base/status.h"
#include "../base/options.h"
#include "../endpoint/endpoint.h"
#include "move.h"

/** What zcopy is to exit with; if it is not STATUS_OK and signals_caught()
 * says that a signal came, it is to die by that. */
enum status transfer(const struct options *);

/**
 * The steps of it, for who measures them: parse -> open -> move -> commit,
 * and close at last, whatever came.  Each returns STATUS_OK, or what zcopy is
 * to exit with once the reason is printed.
 */
struct transfer {
	struct endpoint source, dest;	/* as the options name them */
	struct zc_hdtr hdtr;
};

/** The options are to outlive it.  Opens nothing. */
enum status transfer_parse(struct transfer *, const struct options *);

/** Both ends are ready then. */
enum status transfer_open(struct transfer *);

/** Of ZC_UNSUITED it prints nothing, as move() does not. */
enum status transfer_move(struct transfer *, struct moved *);

/** Without it, close leaves DEST as if nothing had been. */
enum status transfer_commit(struct transfer *);
void transfer_close(struct transfer *);

#endif
