/*
 * How much was moved, in words, for messages about a transfer that failed.
 */
#ifndef TRANSFER_TALLY_H
#define TRANSFER_TALLY_H

#include <stdint.h>

#include "../zcopy.h"
#include "ends.h"

struct tally {
	char text[160];
};

/**
 * Return "(12 bytes delivered)", or "(12 of 20 bytes delivered)" unless
 * `wanted` is -1, for a message about SOURCE.  A DEST that is replaced whole
 * gets nothing from a transfer that fails: "(12 bytes moved; DEST is
 * unchanged)".
 */
struct tally tally(struct ends *, int64_t bytes, int64_t wanted);

/** Return the same for a result, with the bytes that the peer or the command
 * has not taken and those that are lost: "(12 bytes delivered of 20 that were
 * sent, 5 more were read and are lost)". */
struct tally tally_result(const struct zc_result *, struct ends *);

/** Return the same for a message about this destination. */
struct tally tally_dest(const struct zc_result *, const struct endpoint *dest);

/** Return how many bytes of data have arrived: those that a TCP peer has
 * acknowledged or a command has read, else those that were written. */
int64_t tally_arrived(const struct zc_result *, const struct endpoint *dest);

#endif
