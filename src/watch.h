/*
 * Did SOURCE stay as it was while it was being moved?
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "endpoint/endpoint.h"

struct watch {
	bool on;		/* a regular file, and not DEST as well */
	struct stat before;
	int64_t start;		/* where moving begins */
};

/** Call when the first byte is next. */
void watch_begin(struct watch *, const struct endpoint *source,
    const struct endpoint *dest);

/**
 * Call after the last byte, before anybody is told that it was the last.
 * STATUS_INCOMPLETE when SOURCE gave less than its own size, STATUS_CHANGED
 * when it is not the file it was, once printed.
 */
enum status watch_end(const struct watch *, const struct endpoint *source,
    const struct endpoint *dest, int64_t moved);

#endif
