/*
 * Move the data: run the engine between two endpoints that are ready.
 */
#ifndef TRANSFER_MOVE_H
#define TRANSFER_MOVE_H

#include "../base/status.h"
#include "../endpoint/endpoint.h"
#include "../zcopy.h"
#include "cache.h"
#include "digesting.h"
#include "ends.h"
#include "watch.h"

struct moved {
	struct zc_result result;
	int64_t waits;			/* calls of poll(2) */
	double seconds;			/* how long moving took */
};

/**
 * Move options->bytes bytes from SOURCE to all destinations, with hdtr around
 * them.  Return STATUS_OK if at least one has got everything; otherwise print
 * the reason and return the exit status.  One exception: if the only
 * destination is ZC_UNSUITED, print nothing and return STATUS_METHOD.
 * run_transfer() then calls verdict(), and the benchmark does not fail.
 *
 * Call endpoint_begin() for each destination when its methods have been chosen,
 * and cache_begin(); call cache_follow() while data moves, and show it to
 * `digesting`.  Drop destinations that fail.  Send no trailer if SOURCE has
 * changed or the digest is wrong.  Always fill in *moved.
 */
enum status move(struct ends *, const struct zc_hdtr *hdtr,
    const struct watch *, struct cache *source_cache, struct digesting *,
    struct moved *moved);

/** Move exactly `bytes` bytes from SOURCE to the descriptor `out`.  Ignore the
 * options except --timeout and --rate, and print nothing. */
void move_plainly(struct ends *, int out, int64_t bytes, struct zc_result *);

/** Return the bits of enum zc_flag that the options ask for. */
unsigned move_flags(const struct options *);

#endif
