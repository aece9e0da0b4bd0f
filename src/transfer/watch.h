/*
 * Did SOURCE stay as it was while it was being moved?
 */
#ifndef TRANSFER_WATCH_H
#define TRANSFER_WATCH_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "../base/status.h"
#include "../endpoint/endpoint.h"

struct watch {
	bool on;		/* a regular file, and not DEST as well */
	struct stat before;
	uint64_t attributes;	/* of statx(2) */
	char name[PATH_MAX];	/* of an inherited descriptor */
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

/** With -v, say so if SOURCE has another name by now, or none. */
void watch_note(const struct watch *, const struct endpoint *source);

#endif
