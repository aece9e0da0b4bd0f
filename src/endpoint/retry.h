/*
 * --retry: connect again after a pause.
 */
#ifndef RETRY_H
#define RETRY_H

#include <stdbool.h>

#include "endpoint.h"

/**
 * True if another attempt is due, after attempt number `attempt`, counted from
 * 0, has failed with errno and `why`.  Wait before returning true: each pause
 * is twice as long as the one before, up to 8 s, with random jitter, so that
 * many clients do not connect to one host at the same moment.
 */
bool retry_after(struct endpoint *, int attempt, const char *why);

#endif
