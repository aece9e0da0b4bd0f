#include "config.h"

#include "keep.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../system/xattrs.h"

/** Take from `old` the rights that the file `fd` does not grant; -1: there is
 * no such file.  Return 0, or -1 with errno. */
static int
keep_meet(struct attributes *old, int fd)
{
	struct attributes other;

	if (fd < 0)
		return 0;
	if (attributes_read(&other, fd) < 0)
		return -1;
	attributes_meet(old, &other);
	return 0;
}

/** True if the old file still has its name.  No other file can have its inode
 * number, because its descriptor is open. */
static bool
keep_is_there(const struct location *before, const struct location *now)
{
	struct stat old;

	return before->file >= 0 && fstat(before->file, &old) == 0 &&
	    location_has(now, &old);
}

/** Find out what the new file may grant.  Return 0, or -1 with errno. */
static int
keep_find(struct attributes *old, const struct location *before,
    const struct location *now)
{
	if (keep_is_there(before, now))
		return attributes_read(old, now->file);
	if (keep_meet(old, before->file) < 0)
		return -1;
	return keep_meet(old, now->file);
}

/** Copy the user.* attributes of the file `from`.  Drop the others: new content
 * must not get the capabilities of the old (security.capability), and the rest
 * may mean anything to whoever set them. */
static enum status
keep_xattrs(const struct endpoint *ep, int from)
{
	struct xattrs_failure failure;
	char why[sizeof(failure.attribute) + 100];

	if (xattrs_copy(from, ep->fd, XATTRS_USER, ep->name, &failure) == 0)
		return STATUS_OK;
	snprintf(why, sizeof(why), "%s of the old file: %s",
	    *failure.attribute != '\0' ? failure.attribute :
	    "extended attributes", strerror(errno));
	return replace_error(ep, why);
}

enum status
keep_attributes(const struct endpoint *ep, struct attributes *old,
    const struct location *before, const struct location *now)
{
	enum status status;

	if (before->file < 0 && now->file < 0)
		return STATUS_OK;
	/* First, because the mode may forbid us to set user.* attributes. */
	status = keep_xattrs(ep, now->file >= 0 ? now->file : before->file);
	if (status != STATUS_OK)
		return status;
	if (keep_find(old, before, now) < 0 ||
	    attributes_give(ep->fd, old, ep->name, "the old file") < 0)
		return replace_failed(ep);
	return STATUS_OK;
}
