#include "config.h"

#include "watch.h"

#include <sys/param.h>
#include <unistd.h>

#include "diag.h"
#include "tally.h"
#include "zcopy.h"

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

void
watch_begin(struct watch *watch, const struct endpoint *source,
    const struct endpoint *dest)
{
	struct stat st;

	*watch = (struct watch){ .on = false };
	if (zc_kind_of(source->fd) != ZC_REGULAR ||
	    fstat(source->fd, &watch->before) < 0)
		return;
	if (fstat(dest->fd, &st) == 0 &&
	    endpoint_same_inode(&watch->before, &st))
		return;			/* ranges of one file: we change it */
	watch->start = lseek(source->fd, 0, SEEK_CUR);
	watch->on = watch->start >= 0;
}

/** Does the name lead to another file by now?  We have moved the old one,
 * which is not what somebody meant who looks at it later. */
static bool
has_moved_away(const struct stat *before, const struct endpoint *source)
{
	struct stat named;

	return source->path != NULL && stat(source->path, &named) == 0 &&
	    !endpoint_same_inode(before, &named);
}

static bool
has_changed(const struct stat *before, const struct stat *after, bool counted)
{
	if (counted && after->st_size > before->st_size)
		return false;		/* a log that is being written to */
	return !same_time(&before->st_mtim, &after->st_mtim) ||
	    !same_time(&before->st_ctim, &after->st_ctim);
}

enum status
watch_end(const struct watch *watch, const struct endpoint *source,
    const struct endpoint *dest, int64_t moved)
{
	const struct options *options = source->options;
	bool counted = options->bytes != ZC_TO_END;
	int64_t expected;
	struct stat after;

	if (!watch->on || fstat(source->fd, &after) < 0)
		return STATUS_OK;
	expected = MAX(watch->before.st_size - watch->start, 0);
	if (!counted && !options->allow_short && moved < expected) {
		diag_error(source->name, "read: it shrank while it was being "
		    "moved %s", tally(dest, moved, expected).text);
		return STATUS_INCOMPLETE;
	}
	if (has_changed(&watch->before, &after, counted) ||
	    has_moved_away(&watch->before, source)) {
		diag_error(source->name, "read: it changed while it was being "
		    "moved %s", tally(dest, moved, -1).text);
		return STATUS_CHANGED;
	}
	return STATUS_OK;
}
