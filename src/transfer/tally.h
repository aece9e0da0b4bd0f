/*
 * How much was moved, for messages about a transfer that failed.
 */
#ifndef TRANSFER_TALLY_H
#define TRANSFER_TALLY_H

#include <stdint.h>

#include "../endpoint/endpoint.h"
#include "../zcopy.h"

struct tally {
	char text[160];
};

/**
 * "(12 bytes delivered)", or "(12 of 20 bytes delivered)" unless `wanted` is
 * -1.  Of a DEST that is replaced whole, nothing is delivered by a transfer
 * that fails: "(12 bytes moved; DEST is unchanged)".
 */
struct tally tally(const struct endpoint *dest, int64_t bytes, int64_t wanted);

/** The same of a result, with what a peer has not acknowledged and what is
 * lost: "(12 bytes delivered of 20 that were sent, 5 more were read and are
 * lost)". */
struct tally tally_result(const struct zc_result *,
    const struct endpoint *dest);

#endif
