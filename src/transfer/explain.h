/*
 * --explain: what would be done, and why.
 *
 * The ends were parsed only, and stay so: nothing is opened for reading or
 * writing, connected, created or truncated.
 */
#ifndef TRANSFER_EXPLAIN_H
#define TRANSFER_EXPLAIN_H

#include "../base/status.h"
#include "ends.h"

/**
 * Print the account on stdout.  If the run, or one of several destinations, is
 * certain to fail, also print its message and return its status: STATUS_SOURCE,
 * STATUS_DEST (also when stdout cannot be written), STATUS_CONNECTION,
 * STATUS_INCOMPLETE, STATUS_METHOD; STATUS_OTHER for headers and trailers.
 * Otherwise return STATUS_OK.
 */
enum status explain(struct ends *);

#endif
