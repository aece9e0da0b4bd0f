/*
 * --discard: a far end for tests and measurements.
 */
#ifndef TRANSFER_DISCARD_H
#define TRANSFER_DISCARD_H

#include "../base/status.h"
#include "../base/options.h"

/** Accept connections one after another, and drop what they send, until a
 * signal comes.  Returns the reason, once printed, why not. */
enum status discard(const struct options *);

#endif
