/*
 * --discard: a far end for tests and measurements.
 */
#ifndef DISCARD_H
#define DISCARD_H

#include "options.h"
#include "status.h"

/** Accept connections one after another, and drop what they send, until a
 * signal comes.  Returns the reason, once printed, why not. */
enum status discard(const struct options *);

#endif
