/*
 * --retry: to connect again, after a pause.
 */
#ifndef RETRY_H
#define RETRY_H

#include <stdbool.h>

#include "endpoint.h"

/**
 * The attempt number `attempt`, counted from 0, has failed by errno, and
 * `why`.  Is there to be another?  If so, this has waited: each pause is twice
 * as long as the one before, up to 8 s, more or less by chance, so that many
 * who wait for one host do not come all at once.
 */
bool retry_after(const struct endpoint *, int attempt, const char *why);

#endif
