/*
 * --explain: what would be done, and why.
 *
 * Both ends were parsed only, and stay so: nothing is opened for reading or
 * writing, connected, created or truncated.
 */
#ifndef TRANSFER_EXPLAIN_H
#define TRANSFER_EXPLAIN_H

#include "../base/status.h"
#include "../base/options.h"
#include "../endpoint/endpoint.h"

/**
 * Print the account on stdout.  If the run is certain to fail, also print its
 * message and return its status: STATUS_SOURCE, STATUS_DEST (also when stdout
 * cannot be written), STATUS_CONNECTION, STATUS_INCOMPLETE, STATUS_METHOD;
 * STATUS_OTHER for headers and trailers.  Otherwise return STATUS_OK.
 */
enum status explain(struct endpoint *source, struct endpoint *dest);

#endif
