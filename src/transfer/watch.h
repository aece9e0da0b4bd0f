/*
 * Find out whether SOURCE was changed while it was being moved.
 */
#ifndef TRANSFER_WATCH_H
#define TRANSFER_WATCH_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "../base/status.h"
#include "ends.h"

struct watch {
	const struct endpoint *source;
	bool on;		/* SOURCE is a regular file, and no DEST */
	struct stat before;
	uint64_t attributes;	/* file_flags.all */
	char name[PATH_MAX];	/* of an inherited descriptor */
	int64_t start;		/* where moving begins */
};

/** Call before the first byte is moved. */
void watch_begin(struct watch *, struct ends *);

/**
 * Call after the last byte, before DEST learns that it was the last.  Return
 * STATUS_OK; on failure, print the reason and return STATUS_INCOMPLETE if
 * SOURCE shrank, STATUS_CHANGED if its data may have changed, or what
 * endpoint_ended() returns.
 */
enum status watch_check(const struct watch *, struct ends *, int64_t moved);

/** Check SOURCE again, once a destination of this name has taken all pages of
 * SOURCE that were lent to it.  Return STATUS_OK; or print that SOURCE was
 * changed before, and return STATUS_CHANGED. */
enum status watch_check_lent(const struct watch *, const char *name);

/** With -v, report that SOURCE was renamed or removed. */
void watch_note(const struct watch *);

#endif
