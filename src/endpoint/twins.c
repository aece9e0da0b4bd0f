#include "config.h"

#include "twins.h"

#include <string.h>

#include "../base/diag.h"
#include "location.h"

/** True if both are descriptors with the same number. */
static bool
is_same_descriptor(const struct endpoint *a, const struct endpoint *b)
{
	return a->inherited && b->inherited && a->fd == b->fd;
}

/** Look at what an end is now.  False: there is nothing, or it has no name and
 * no descriptor. */
static bool
look_at(const struct endpoint *ep, struct stat *st)
{
	if (ep->inherited)
		return fstat(ep->fd, st) == 0;
	return endpoint_has(ep, ENDPOINT_PATH) && stat(ep->path, st) == 0;
}

/** True if both paths, where no file is yet, lead to the same name. */
static bool
is_same_place(const char *a, const char *b)
{
	struct location here, there;
	struct stat dir, other;
	bool same;

	if (location_find(&here, a) < 0)
		return false;		/* it cannot be created either */
	if (location_find(&there, b) < 0) {
		location_close(&here);
		return false;
	}
	same = fstat(here.dir, &dir) == 0 && fstat(there.dir, &other) == 0 &&
	    endpoint_same_inode(&dir, &other) &&
	    strcmp(here.base, there.base) == 0;
	location_close(&here);
	location_close(&there);
	return same;
}

static bool
is_same_file(const struct endpoint *a, const struct endpoint *b)
{
	struct stat here, there;
	const bool has_a = look_at(a, &here), has_b = look_at(b, &there);

	if (has_a && has_b)
		return endpoint_same_file(&here, &there);
	return !has_a && !has_b && endpoint_has(a, ENDPOINT_PATH) &&
	    endpoint_has(b, ENDPOINT_PATH) && is_same_place(a->path, b->path);
}

enum status
twins_check(const struct endpoint *a, const struct endpoint *b)
{
	if (is_same_descriptor(a, b)) {
		diag_error(b->name, "it is the same descriptor as %s", a->name);
		return STATUS_USAGE;
	}
	if (!is_same_file(a, b))
		return STATUS_OK;
	diag_error(b->name, "write: it is the same file as %s", a->name);
	return STATUS_DEST;
}
