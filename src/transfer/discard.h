/*
 * --discard: accept connections and drop the data, for tests and measurements.
 */
#ifndef TRANSFER_DISCARD_H
#define TRANSFER_DISCARD_H

#include "../base/status.h"
#include "../base/options.h"

/** Accept connections one after another, and drop what they send, until a
 * signal ends us.  Print why it ended, and return the exit status. */
enum status discard(const struct options *);

#endif
