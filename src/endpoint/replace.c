/*
 * A path whose file is replaced whole or not at all.
 *
 * The data goes to an unnamed file (O_TMPFILE) in the same directory, which
 * gets a name only when it is complete.  No call puts an unnamed file in the
 * place of an old one, so it is first linked to a temporary name, and that is
 * renamed.  Our signal handlers only set flags, so only a death without them
 * (SIGKILL, a crash, a loss of power) between these two calls leaves the
 * temporary name behind.  On file systems without O_TMPFILE the file has a
 * temporary name from the start, and such a death at any time leaves it behind.
 *
 * With --resume the file is a part (part.h), which a failure leaves behind on
 * purpose.  It gets a temporary name when it is complete.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/gauge.h"
#include "../base/missing.h"
#include "../system/access.h"
#include "../system/attributes.h"
#include "../system/writeback.h"
#include "allocate.h"
#include "descriptor.h"
#include "endpoint.h"
#include "flush.h"
#include "keep.h"
#include "location.h"
#include "look.h"
#include "obstacle.h"
#include "part.h"
#include "preserve.h"
#include "temporary.h"

enum { LOOKS = 20 };			/* for an old file that others keep
					   replacing */

struct replace_state {
	struct location location;
	struct attributes old;		/* as they were before the first byte */
	char temporary[NAME_MAX + 1];	/* a name to remove, or "" */
	bool published;			/* the new file has the name of DEST */
};

/** True if --inplace could write the old file.  Touch nothing, and keep
 * errno. */
static bool
replace_has_way_out(const struct endpoint *ep)
{
	int error = errno, fd;
	bool works;

	/* open(2) fails on a read-only file system (EROFS), for a program
	 * that runs (ETXTBSY), for an immutable file (EPERM).  A swap file can
	 * be opened, and only write(2) fails (ETXTBSY). */
	fd = open(ep->path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	works = fd >= 0 && write(fd, "", 0) == 0;
	if (fd >= 0)
		close(fd);
	errno = error;
	return works;
}

const char *
replace_room_hint(const struct endpoint *ep, int error)
{
	return (error == ENOSPC || error == EDQUOT) && ep->has_stat &&
	    replace_has_way_out(ep) ?
	    "; --inplace needs no room for a second copy" : "";
}

enum status
replace_error(const struct endpoint *ep, const char *why)
{
	diag_error(ep->name, "replace: %s%s", why, replace_has_way_out(ep) ?
	    " (--inplace writes the file itself)" : "");
	return endpoint_fault(ep);
}

enum status
replace_failed(const struct endpoint *ep)
{
	char why[400];

	if (!ep->has_stat || errno == EINTR)
		return endpoint_error(ep, "create");
	snprintf(why, sizeof(why), "%s%s", strerror(errno),
	    endpoint_user_hint(ep, errno));
	return replace_error(ep, why);
}

/** True if location_find() led to the file that stat(2) saw.  It does not if
 * the path is /proc/PID/fd/N, or if a link has been changed in between. */
static bool
replace_is_found(const struct endpoint *ep, const struct location *location)
{
	return ep->has_stat ? location_has(location, &ep->st) :
	    location->file < 0;
}

/** Find the old file, or where the new one will be.  Another process may
 * replace the file after stat(2) saw it: look again then. */
static enum status
replace_find(struct endpoint *ep, struct location *location)
{
	if (location_find(location, ep->path) < 0)
		return endpoint_error(ep, "create");
	for (int i = 0; !replace_is_found(ep, location); i++) {
		ep->has_stat = stat(ep->path, &ep->st) == 0;
		if (i == LOOKS || (ep->has_stat && !S_ISREG(ep->st.st_mode)))
			return replace_error(ep,
			    "cannot find its directory entry");
		location_close(location);
		if (location_find(location, ep->path) < 0)
			return endpoint_error(ep, "create");
	}
	if (!ep->has_stat)
		return STATUS_OK;
	errno = obstacle_to_rename(location, &ep->st);
	return errno != 0 ? replace_failed(ep) : STATUS_OK;
}

static enum status
replace_look(struct endpoint *ep, struct look *look)
{
	struct location location = LOCATION_NONE;
	enum status status = replace_find(ep, &location);

	if (status == STATUS_OK &&
	    access_as_effective(location.dir, ".", W_OK | X_OK) < 0)
		status = replace_failed(ep);
	location_close(&location);
	look->flags = O_RDWR;
	look->start = 0;
	look->way = ep->options->resume ?
	    "a file with \".part\" behind its name, renamed at the end" :
	    look->missing ?
	    "made at the end: an unnamed file, given this name" :
	    "replaced at the end: an unnamed file, renamed over it";
	return status;
}

/** Create the file to write: unnamed, if we shall be able to give it a name.
 * Return a descriptor, or -1 with errno. */
static int
replace_create(const struct endpoint *ep, struct replace_state *state)
{
	int dir = state->location.dir;
	mode_t mode = ep->has_stat ? 0600 : ep->mode;
	int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);

	if (fd >= 0 && temporary_can_link(fd, dir))
		return fd;
	/* Many errnos mean that O_TMPFILE is not supported here.  Others
	 * (EACCES, ENOSPC) will come back when a named file is created. */
	if (fd >= 0)
		close(fd);
	errno = EPERM;
	if (obstacle_is_append_only(dir))
		return -1;
	return temporary_create(dir, state->location.base, state->temporary,
	    mode);
}

/** Find out the attributes that a new file gets in this directory (umask,
 * default ACL), by making one: the part has mode 0600 until it is complete.
 * Return 0, or -1 with errno. */
static int
replace_sample(const struct endpoint *ep, struct replace_state *state)
{
	int fd = replace_create(ep, state), result, error;

	if (fd < 0)
		return -1;
	result = attributes_read(&state->old, fd);
	error = errno;
	close(fd);
	if (*state->temporary != '\0')
		(void)unlinkat(state->location.dir, state->temporary, 0);
	*state->temporary = '\0';
	errno = error;
	return result;
}

/** Open the part, and read the attributes of the old file, or of a new one. */
static enum status
replace_open_part(struct endpoint *ep, struct replace_state *state)
{
	errno = EPERM;
	if (obstacle_is_append_only(state->location.dir) || (ep->has_stat ?
	    attributes_read(&state->old, state->location.file) :
	    replace_sample(ep, state)) < 0)
		return replace_failed(ep);
	return part_open(ep, &state->location);
}

static enum status
replace_open(struct endpoint *ep)
{
	/* Not calloc(3), which would clear the access list of `old`: 64 KiB. */
	struct replace_state *state = malloc(sizeof(*state));
	enum status status;

	if (state == NULL)
		return endpoint_error(ep, "create");
	state->location = LOCATION_NONE;
	*state->temporary = '\0';
	state->published = false;
	ep->state = state;
	status = replace_find(ep, &state->location);
	if (status != STATUS_OK)
		return status;
	if (ep->options->resume)
		return replace_open_part(ep, state);
	ep->fd = replace_create(ep, state);
	if (ep->fd < 0 || attributes_read(&state->old,
	    ep->has_stat ? state->location.file : ep->fd) < 0)
		return replace_failed(ep);
	return STATUS_OK;
}

/** Return 0 if no file has the name now, or one that may be replaced; else -1
 * with errno. */
static int
replace_check_now(const struct location *now)
{
	struct stat st;

	if (now->file < 0)
		return 0;
	if (fstat(now->file, &st) < 0)
		return -1;
	errno = S_ISDIR(st.st_mode) ? EISDIR : EEXIST;
	return S_ISREG(st.st_mode) ? 0 : -1;
}

/** Rename the temporary name to DEST.  Return 0, or -1 with errno. */
static int
replace_rename(struct replace_state *state, unsigned flags)
{
	const struct location *location = &state->location;

	/* Without flags use renameat(2), which every kernel and filter has. */
	if ((flags != 0 ? renameat2(location->dir, state->temporary,
	    location->dir, location->base, flags) :
	    renameat(location->dir, state->temporary, location->dir,
	    location->base)) < 0)
		return -1;
	*state->temporary = '\0';
	return 0;
}

/** Rename the temporary name to DEST unless DEST exists.  Return 0, or -1 with
 * errno. */
static int
replace_rename_exclusively(struct replace_state *state)
{
	const struct location *location = &state->location;

	if (replace_rename(state, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && !call_is_missing(errno))
		return -1;
	/* NFS and others lack RENAME_NOREPLACE.  replace_abort() removes the
	 * temporary name. */
	return linkat(location->dir, state->temporary, location->dir,
	    location->base, 0);
}

/**
 * Begin the writeback of what is left, before the file takes the place of an
 * old one.  Leave a small file, of which none has begun, to rename(2), unless
 * its blocks were allocated before the data: rename(2) on ext4 does not flush
 * those, and the file would stay empty for longer if the system crashes.
 */
static void
replace_write_back(const struct endpoint *ep)
{
	const struct writeback *writeback = &ep->writeback;

	if (!ep->options->sync && (writeback->begun > writeback->start ||
	    ep->allocated > 0))
		writeback_rest(writeback, ep->fd);
}

/**
 * Give the complete file its name: by rename if it has a temporary name, by
 * link if there is no old file (`there` is false), else by link and rename.
 * Return 0, or -1 with errno.
 */
static int
replace_publish(const struct endpoint *ep, struct replace_state *state,
    bool there)
{
	const struct location *location = &state->location;
	const bool exclusive = ep->options->no_clobber;
	struct stat old;

	if (there)
		replace_write_back(ep);
	if (*state->temporary != '\0')
		return exclusive ? replace_rename_exclusively(state) :
		    replace_rename(state, 0);
	if (exclusive || !there) {
		if (temporary_link_as(ep->fd, location->dir,
		    location->base) == 0)
			return 0;
		if (exclusive || errno != EEXIST)
			return -1;
		replace_write_back(ep);
	}
	/* Look once more before linking.  If the directory has become
	 * append-only, link(2) works, but the temporary name could then be
	 * neither renamed nor removed. */
	if (fstatat(location->dir, location->base, &old,
	    AT_SYMLINK_NOFOLLOW) == 0) {
		errno = obstacle_to_rename(location, &old);
		if (errno != 0)
			return -1;
	}
	if (temporary_link(ep->fd, location->dir, location->base,
	    state->temporary) < 0)
		return -1;
	return replace_rename(state, 0);
}

/** True if this errno of location_find_again() says that the path leads
 * elsewhere or nowhere. */
static bool
replace_is_astray(int error)
{
	return error == ESTALE || error == ENOENT || error == ENOTDIR;
}

/** Print that the path leads elsewhere, and `what` became of the new file.
 * Return the exit status. */
static enum status
replace_astray(const struct endpoint *ep, const char *what)
{
	diag_error(ep->name, "a directory or a link in its path was renamed, "
	    "replaced or removed during the copy: %s", what);
	return endpoint_fault(ep);
}

/** Give the new file the attributes that it is to have. */
static enum status
replace_give_attributes(struct endpoint *ep, struct location *now)
{
	struct replace_state *state = ep->state;
	const bool fresh = state->location.file < 0 && now->file < 0;

	if (ep->preserved != NULL)
		return preserve_finish(ep);
	if (ep->part == NULL || !fresh)
		return keep_attributes(ep, &state->old, &state->location, now);
	return attributes_give(ep->fd, &state->old, ep->name,
	    "a new file") < 0 ? replace_failed(ep) : STATUS_OK;
}

/** Make the part, which is complete, an ordinary file with a temporary name.
 * What would take long, or fail, comes before that: it could be resumed. */
static enum status
replace_release(struct endpoint *ep)
{
	struct replace_state *state = ep->state;
	enum status status = flush_file(ep);

	return status != STATUS_OK ? status :
	    part_release(ep, state->temporary);
}

static enum status
replace_commit(struct endpoint *ep)
{
	struct replace_state *state = ep->state;
	struct location now;
	enum status status;
	bool there;

	if (allocate_end(ep) < 0 ||
	    descriptor_settle(&ep->deadline, ep->fd) < 0)
		return replace_failed(ep);
	if (location_find_again(&now, &state->location, ep->path) < 0)
		return replace_is_astray(errno) ?
		    replace_astray(ep, "no file was put there") :
		    replace_failed(ep);
	status = replace_check_now(&now) < 0 ? replace_failed(ep) : STATUS_OK;
	if (status == STATUS_OK && ep->part != NULL)
		status = replace_release(ep);
	if (status == STATUS_OK)
		status = replace_give_attributes(ep, &now);
	there = now.file >= 0;
	location_close(&now);
	location_forget(&state->location);	/* else NFS keeps .nfsXXXX */
	if (status != STATUS_OK)
		return status;
	status = flush_file(ep);
	if (status != STATUS_OK)
		return status;
	gauge_phase(PHASE_RENAMING);
	if (replace_publish(ep, state, there) < 0)
		return replace_failed(ep);
	state->published = true;
	status = flush_directory(ep, state->location.dir);
	if (status != STATUS_OK)
		return status;

	/* The directory may have been renamed before the file got its name.
	 * Other errors do not matter: the file is complete and has its name. */
	if (location_find_again(&now, &state->location, ep->path) == 0)
		location_close(&now);
	else if (replace_is_astray(errno))
		return replace_astray(ep, "the new file, which is complete, "
		    "is in the old directory");
	return STATUS_OK;
}

/** Remove the temporary name, or say that it stays. */
static void
replace_remove(const struct endpoint *ep, const struct replace_state *state)
{
	int dir = state->location.dir, error;

	if (unlinkat(dir, state->temporary, 0) == 0 || errno == ENOENT)
		return;
	/* In a sticky directory only the owner may remove a file, and this
	 * one may have been given the old file's owner: take it back. */
	error = errno;
	if (fchown(ep->fd, geteuid(), (gid_t)-1) == 0 &&
	    unlinkat(dir, state->temporary, 0) == 0)
		return;
	diag_error(ep->name, "%s cannot be removed from its directory: %s",
	    state->temporary, strerror(error));
}

static void
replace_abort(struct endpoint *ep)
{
	struct replace_state *state = ep->state;

	if (state == NULL)
		return;
	part_abort(ep, state->published ? NULL : state->temporary);
	if (*state->temporary != '\0')
		replace_remove(ep, state);
	location_close(&state->location);
	free(state);
	ep->state = NULL;
}

const struct endpoint_type endpoint_replace = {
	.name = "file",
	.offers = NEED_PATH | NEED_POSITION,
	.traits = ENDPOINT_PATH | ENDPOINT_REPLACES,
	.look = replace_look,
	.open = replace_open,
	.begin = allocate_begin,
	.commit = replace_commit,
	.abort = replace_abort,
};
