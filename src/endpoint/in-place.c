#include "config.h"

#include "in-place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../system/access.h"
#include "../system/file-flags.h"
#include "../system/filesystem.h"
#include "descriptor.h"
#include "file.h"
#include "flush.h"
#include "location.h"
#include "look.h"
#include "preserve.h"

/* State of a DEST that did not exist before; otherwise there is none. */
struct in_place_state {
	struct location location;
	bool created;			/* remove it if the transfer fails */
};

/** Return the flags to open a destination with that is written in place. */
static int
in_place_flags(const struct endpoint *ep)
{
	/* For a disk O_EXCL means: fail with EBUSY if it is mounted, swap, or
	 * otherwise in exclusive use.  With O_CREAT it would mean "create". */
	if (ep->has_stat && S_ISBLK(ep->st.st_mode))
		return O_WRONLY | O_EXCL;

	/* O_CREAT even if the file exists: the kernel applies
	 * fs.protected_regular and fs.protected_fifos only with it. */
	if (ep->options->append &&
	    (!ep->has_stat || S_ISREG(ep->st.st_mode)))
		return O_WRONLY | O_CREAT | O_APPEND;
	return O_WRONLY | O_CREAT;
}

/** Find where DEST is.  Refuse another user's link in a directory like /tmp;
 * the kernel does so only if fs.protected_symlinks is 1.  location_find() may
 * fail for other reasons if there is a file: it cannot follow /proc/PID/fd/N.
 */
static enum status
in_place_find(const struct endpoint *ep, struct location *location)
{
	if (location_find(location, ep->path) < 0 &&
	    (!ep->has_stat || location->distrusted))
		return endpoint_error(ep, "create");
	return STATUS_OK;
}

/** Create DEST, or open it if another process creates it first, unless
 * --no-clobber is given. */
static enum status
in_place_create(struct endpoint *ep)
{
	struct in_place_state *state = calloc(1, sizeof(*state));
	enum status status;
	int fd;

	if (state == NULL)
		return endpoint_error(ep, "create");
	state->location = LOCATION_NONE;
	ep->state = state;
	status = in_place_find(ep, &state->location);
	if (status != STATUS_OK)
		return status;
	fd = descriptor_open(&ep->deadline, state->location.dir,
	    state->location.base, in_place_flags(ep) | O_EXCL | O_NOFOLLOW,
	    ep->mode);
	state->created = fd >= 0;
	if (fd < 0 && errno == EEXIST && !ep->options->no_clobber)
		fd = descriptor_open(&ep->deadline, AT_FDCWD, ep->path,
		    in_place_flags(ep), ep->mode);
	return file_attach(ep, fd);
}

/** Open DEST for writing in place.  Open it in the directory where
 * location_find() saw it, so that a link that is put there later is not
 * followed; or by its path, if location_find() saw another file or none, as for
 * /proc/PID/fd/N. */
static int
in_place_open_existing(const struct endpoint *ep,
    const struct location *location)
{
	return location_has(location, &ep->st) ?
	    descriptor_open(&ep->deadline, location->dir, location->base,
	    in_place_flags(ep) | O_NOFOLLOW, ep->mode) :
	    descriptor_open(&ep->deadline, AT_FDCWD, ep->path,
	    in_place_flags(ep), ep->mode);
}

/** Return 0, or -1 with the errno with which open(2) would fail. */
static int
in_place_may_open(const struct endpoint *ep, const struct location *location)
{
	const int flags = in_place_flags(ep);
	struct file_flags seen;

	if (!ep->has_stat)
		return access_as_effective(location->dir, ".", W_OK | X_OK);
	if (access_as_effective(AT_FDCWD, ep->path, W_OK) < 0)
		return -1;
	errno = EACCES;
	if ((flags & O_CREAT) && look_is_protected(location->dir, &ep->st))
		return -1;
	/* An append-only file (chattr +a) must be opened with O_APPEND. */
	file_flags_at(&seen, AT_FDCWD, ep->path, true);
	if (!seen.append || (flags & O_APPEND))
		return 0;
	errno = EPERM;
	return -1;
}

enum status
in_place_open(struct endpoint *ep, enum zc_kind kind)
{
	const bool late = kind == ZC_PIPE || kind == ZC_SYNTHETIC;
	struct location location;
	enum status status;

	if (!ep->has_stat)
		return in_place_create(ep);
	status = in_place_find(ep, &location);
	if (status != STATUS_OK)
		return status;
	if (!late)
		status = file_attach(ep, in_place_open_existing(ep, &location));
	else if (in_place_may_open(ep, &location) < 0)
		status = endpoint_error(ep, "open");
	location_close(&location);
	if (status == STATUS_OK && !late && ep->options->seek >= 0 &&
	    lseek(ep->fd, 0, SEEK_CUR) < 0)
		return endpoint_error(ep, "--seek");
	return status;
}

/** Return how DEST will be written in place. */
static const char *
in_place_way(const struct endpoint *ep, const struct look *look)
{
	const struct options *o = ep->options;

	if (look->kind != ZC_REGULAR)
		return "written in place";
	if (look->missing && (o->append || o->seek < 0))
		return "made, and written in place";
	if (o->append)
		return "appended";
	if (o->seek >= 0)
		return "written in place, nothing truncated";
	return "truncated and written in place";
}

static enum status
in_place_look(struct endpoint *ep, struct look *look)
{
	struct location location = LOCATION_NONE;
	enum status status = in_place_find(ep, &location);

	if (status == STATUS_OK && in_place_may_open(ep, &location) < 0)
		status = endpoint_error(ep, "open");
	location_close(&location);
	look->flags = in_place_flags(ep);
	if (ep->options->seek >= 0)
		look->start = ep->options->seek;
	look->way = in_place_way(ep, look);
	return status;
}

/*
 * Open what in_place_open() did not.  O_TRUNC on a tracefs file empties its
 * buffer, for example, and ftruncate(2) does not.
 */
static enum status
in_place_open_late(struct endpoint *ep)
{
	const struct options *o = ep->options;
	int flags = in_place_flags(ep);

	if (S_ISREG(ep->st.st_mode) && !o->append && o->seek < 0)
		flags |= O_TRUNC;
	return file_open_late(ep, flags);
}

static enum status
in_place_ready(struct endpoint *ep)
{
	const struct options *o = ep->options;
	enum status status;

	if (ep->fd < 0) {
		status = in_place_open_late(ep);
		if (status != STATUS_OK)
			return status;
	}
	if (o->seek >= 0 && lseek(ep->fd, o->seek, SEEK_SET) < 0)
		return endpoint_error(ep, "--seek");
	return STATUS_OK;
}

/** True if truncating would change nothing.  ext4 flushes a file that was
 * truncated when it is closed, even if it was empty, and that can take as long
 * as the copy.  A FUSE server may state a size of 0 for a file that has data.
 */
static bool
in_place_is_empty(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size == 0 &&
	    filesystem_of(fd) != FILESYSTEM_FUSE;
}

static enum status
in_place_begin(struct endpoint *ep)
{
	const struct options *o = ep->options;

	/* A synthetic file was emptied when it was opened (O_TRUNC). */
	if (S_ISREG(ep->st.st_mode) && !o->append && o->seek < 0 &&
	    endpoint_kind(ep) == ZC_REGULAR && !in_place_is_empty(ep->fd) &&
	    ftruncate(ep->fd, 0) < 0)
		return endpoint_error(ep, "truncate");
	return STATUS_OK;
}

/** Fail unless the name still leads to the file that was written.  Only regular
 * files are checked: the data of a FIFO has a reader, and a write to a kernel
 * file may remove it. */
static enum status
in_place_check_name(const struct endpoint *ep)
{
	struct stat st, named;

	if (endpoint_kind(ep) != ZC_REGULAR)
		return STATUS_OK;
	if (fstat(ep->fd, &st) < 0)
		return endpoint_error(ep, "stat");
	if (stat(ep->path, &named) == 0) {
		if (endpoint_same_inode(&st, &named))
			return STATUS_OK;
	} else if (errno != ENOENT && errno != ENOTDIR) {
		return endpoint_error(ep, "stat");
	}
	diag_error(ep->name, "it was renamed, replaced or removed while it was "
	    "written: all data is in the file that had this name");
	return endpoint_fault(ep);
}

static enum status
in_place_commit(struct endpoint *ep)
{
	struct in_place_state *state = ep->state;
	const bool created = state != NULL && state->created;
	enum status status;

	if (descriptor_settle(&ep->deadline, ep->fd) < 0)
		return endpoint_error(ep, "close");
	if (ep->preserved != NULL) {
		status = preserve_finish(ep);
		if (status != STATUS_OK)
			return status;
	}
	status = flush_file(ep);
	if (status != STATUS_OK)
		return status;
	/* The file is complete, so in_place_abort() must not remove it, even if
	 * its name has changed. */
	if (state != NULL)
		state->created = false;
	status = in_place_check_name(ep);
	return status == STATUS_OK && created ?
	    flush_directory(ep, state->location.dir) : status;
}

/** True if the name still leads to the file that we created, and it is empty.
 */
static bool
in_place_is_unused(const struct endpoint *ep, const struct location *location)
{
	struct stat st;

	return fstatat(location->dir, location->base, &st,
	    AT_SYMLINK_NOFOLLOW) == 0 &&
	    endpoint_same_inode(&st, &ep->st) && st.st_size == 0;
}

static void
in_place_abort(struct endpoint *ep)
{
	struct in_place_state *state = ep->state;

	if (state == NULL)
		return;
	if (state->created && in_place_is_unused(ep, &state->location))
		unlinkat(state->location.dir, state->location.base, 0);
	location_close(&state->location);
	free(state);
	ep->state = NULL;
}

const struct endpoint_type endpoint_in_place = {
	.name = "file",
	.offers = NEED_PATH | NEED_POSITION,
	.traits = ENDPOINT_PATH,
	.look = in_place_look,
	.ready = in_place_ready,
	.begin = in_place_begin,
	.commit = in_place_commit,
	.abort = in_place_abort,
};
