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
 * Print the account on stdout.  STATUS_OK, or what the run would surely end
 * with, once the reason is printed: STATUS_SOURCE, STATUS_DEST (also when
 * stdout cannot be written), STATUS_CONNECTION, STATUS_INCOMPLETE,
 * STATUS_METHOD; STATUS_OTHER for headers and trailers.
 */
enum status explain(struct endpoint *source, struct endpoint *dest);

#endif
