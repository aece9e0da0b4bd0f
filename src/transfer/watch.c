#include "config.h"

#include "watch.h"

#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <sys/time.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../system/file-flags.h"
#include "../zcopy.h"
#include "tally.h"

/** Return the flags that chattr(1) sets, as far as they are known. */
static uint64_t
attributes_of(int fd)
{
	struct file_flags flags;

	file_flags_of(&flags, fd);
	return flags.all;
}

/** Write the name of the descriptor's file; "" if there is no /proc. */
static void
name_of(int fd, char *name, size_t size)
{
	char link[40];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, name, size - 1);
	name[length < 0 ? 0 : length] = '\0';
}

/** True if a destination is the file that `before` describes. */
static bool
is_written(const struct stat *before, struct ends *ends)
{
	struct stat st;

	FOR_EACH_DEST(dest, ends)
		if (fstat(dest->end.fd, &st) == 0 &&
		    endpoint_same_inode(before, &st))
			return true;
	return false;
}

void
watch_begin(struct watch *watch, struct ends *ends)
{
	const struct endpoint *source = &ends->source;

	watch->source = source;
	watch->on = false;
	if (endpoint_kind(source) != ZC_REGULAR ||
	    fstat(source->fd, &watch->before) < 0)
		return;
	if (is_written(&watch->before, ends))
		return;			/* we change it ourselves */
	/* As it was before its attributes were read, or its beginning was
	 * compared with the part. */
	if (source->options->preserve || source->options->resume)
		watch->before = source->st;
	watch->attributes = attributes_of(source->fd);
	if (source->path == NULL)
		name_of(source->fd, watch->name, sizeof(watch->name));
	watch->start = lseek(source->fd, 0, SEEK_CUR);
	watch->on = watch->start >= 0;
}

/** True if the name by which SOURCE was opened now belongs to another file or
 * to none.  For an inherited descriptor, compare its name in /proc. */
static bool
is_renamed(const struct watch *watch)
{
	const struct endpoint *source = watch->source;
	char name[sizeof(watch->name)];
	struct stat named;

	if (source->path != NULL)
		return stat(source->path, &named) < 0 ||
		    !endpoint_same_inode(&watch->before, &named);
	name_of(source->fd, name, sizeof(name));
	return strcmp(name, watch->name) != 0;
}

/** True if mode, owner or group have changed. */
static bool
is_given_away(const struct stat *before, const struct stat *after)
{
	return before->st_mode != after->st_mode ||
	    before->st_uid != after->st_uid ||
	    before->st_gid != after->st_gid;
}

/** True if something that leaves the data alone has moved st_ctime: link(2),
 * unlink(2), chmod(2), chown(2), chattr(1), rename(2).  With --preserve, mode
 * and owner are moved, too, so their change explains nothing. */
static bool
is_explained(const struct watch *watch, const struct stat *after)
{
	const struct endpoint *source = watch->source;
	const struct stat *before = &watch->before;
	const bool changed = is_given_away(before, after);

	if (source->options->preserve && changed)
		return false;
	return changed || before->st_nlink != after->st_nlink ||
	    watch->attributes != attributes_of(source->fd) ||
	    is_renamed(watch);
}

/** True if the data may have changed.  utimes(2) can hide that from st_mtime,
 * but itself moves st_ctime, which it cannot set.  ftruncate(2) sets st_size
 * first, and both times only when it has released the blocks: in between, a
 * file that has shrunk still has its old times. */
static bool
has_changed(const struct watch *watch, const struct stat *after)
{
	const struct stat *before = &watch->before;

	if (watch->source->options->bytes != ZC_TO_END &&
	    after->st_size > before->st_size)
		return false;		/* a log that grows behind the range */
	if (after->st_size < before->st_size ||
	    timespeccmp(&before->st_mtim, &after->st_mtim, !=))
		return true;
	return timespeccmp(&before->st_ctim, &after->st_ctim, !=) &&
	    !is_explained(watch, after);
}

enum status
watch_check(const struct watch *watch, struct ends *ends, int64_t moved)
{
	const struct endpoint *source = &ends->source;
	const struct options *options = source->options;
	bool whole = options->bytes == ZC_TO_END && !options->allow_short;
	int64_t expected;
	struct stat after;
	enum status status = endpoint_ended(&ends->source,
	    moved == options->bytes && !source->empty,
	    tally(ends, moved, -1).text);

	if (status != STATUS_OK)
		return status;
	if (!watch->on || file_stat_now(source->fd, &after) < 0)
		return STATUS_OK;
	expected = MAX(watch->before.st_size - watch->start, 0);
	/* Some FUSE servers report a size that the file never had; such a size
	 * has not changed at the end. */
	if (whole && moved < expected &&
	    after.st_size < watch->before.st_size) {
		diag_error(source->name, "read: it shrank while it was being "
		    "moved %s", tally(ends, moved, expected).text);
		return STATUS_INCOMPLETE;
	}
	if (has_changed(watch, &after)) {
		diag_error(source->name, "read: it changed while it was being "
		    "moved %s", tally(ends, moved, -1).text);
		return STATUS_CHANGED;
	}
	return STATUS_OK;
}

enum status
watch_check_lent(const struct watch *watch, const char *name)
{
	struct stat after;

	if (!watch->on || file_stat_now(watch->source->fd, &after) < 0 ||
	    !has_changed(watch, &after))
		return STATUS_OK;
	diag_error(watch->source->name, "read: it changed before %s was known "
	    "to have taken all of it", name);
	return STATUS_CHANGED;
}

void
watch_note(const struct watch *watch)
{
	const struct endpoint *source = watch->source;

	if (watch->on && source->options->verbose && is_renamed(watch))
		diag_verbose("%s: renamed or removed while it was being moved: "
		    "the file that was opened is complete", source->name);
}
