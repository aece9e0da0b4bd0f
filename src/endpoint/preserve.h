/*
 * --preserve: DEST gets the mode, POSIX ACL, owner, group, times, extended
 * attributes and file capabilities of SOURCE, a regular file, as far as
 * permitted.
 *
 * DEST never grants anybody but its owner more than SOURCE does, not even while
 * it is being written.  So what cannot be kept narrows the rest
 * (attributes_give()), and the set-id bits and capabilities are kept only if
 * owner and group are.
 *
 * An attribute that cannot be kept for lack of permission or support is
 * reported with -v; any other error is a failure.
 */
#ifndef PRESERVE_H
#define PRESERVE_H

#include "../base/status.h"
#include "../system/attributes.h"
#include "../system/capability.h"
#include "endpoint.h"

/** What SOURCE had when it was opened. */
struct preserved {
	const struct endpoint *source;	/* for its extended attributes */
	struct attributes attributes;
	struct timespec times[2];	/* as for futimens(2) */
	struct file_capabilities capabilities;
};

/** Check, before anything is opened, that SOURCE is a regular file, or may be.
 * Return STATUS_OK, also if --preserve is not given; otherwise print what to do
 * instead, and return STATUS_USAGE. */
enum status preserve_check(const struct endpoint *source);

/** Read the attributes of SOURCE, which is open and unread.  It must stay open
 * until preserve_begin().  Return STATUS_OK; on failure, print the reason and
 * return the exit status. */
enum status preserve_read(struct preserved *, const struct endpoint *source);

/**
 * Copy the extended attributes, before the first byte: if there is no room for
 * them, no data is moved.  Take the rights to a file that is written in place
 * from all but its owner, until preserve_finish().  Return as above.
 */
enum status preserve_begin(const struct endpoint *dest);

/** Give DEST the rest, after the last byte.  Return as above. */
enum status preserve_finish(const struct endpoint *dest);

#endif
