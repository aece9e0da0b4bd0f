/*
 * A path: read, or written in place.  A destination that can be replaced
 * whole becomes an endpoint_replace as soon as it is opened.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../base/gauge.h"
#include "../system/filesystem.h"
#include "../zcopy.h"
#include "descriptor.h"
#include "endpoint.h"
#include "flush.h"
#include "location.h"
#include "look.h"
#include "preserve.h"

/* State of a DEST that did not exist before; otherwise there is none. */
struct file_state {
	struct location location;
	bool created;			/* remove it if the transfer fails */
};

/** Refuse directories and sockets. */
static enum status
file_check_type(const struct endpoint *ep)
{
	if (S_ISDIR(ep->st.st_mode)) {
		errno = EISDIR;
		return endpoint_error(ep, "open");
	}
	if (S_ISSOCK(ep->st.st_mode)) {
		diag_error(ep->name,
		    "open: a socket (unix:PATH connects to one)");
		return endpoint_fault(ep);
	}
	return STATUS_OK;
}

/** Make `fd` the endpoint's, or report why open(2) failed (fd < 0).  Fail with
 * ESTALE if it is another type of file than stat(2) saw. */
static enum status
file_attach(struct endpoint *ep, int fd)
{
	struct stat st;

	if (fd < 0)
		return endpoint_error(ep, "open");
	ep->fd = fd;
	if (fstat(fd, &st) < 0)
		return endpoint_error(ep, "stat");
	if (ep->has_stat && ((st.st_mode ^ ep->st.st_mode) & S_IFMT) != 0) {
		errno = ESTALE;
		return endpoint_error(ep, "open");
	}
	ep->st = st;
	ep->has_stat = true;
	return STATUS_OK;
}

static enum status
file_check_source(struct endpoint *ep)
{
	if (stat(ep->path, &ep->st) < 0)
		return endpoint_error(ep, "open");
	ep->has_stat = true;
	return file_check_type(ep);
}

/** Open SOURCE, except a FIFO, which file_ready() opens. */
static enum status
file_open_source(struct endpoint *ep)
{
	enum status status = file_check_source(ep);

	if (status != STATUS_OK || S_ISFIFO(ep->st.st_mode))
		return status;
	return file_attach(ep, descriptor_open(&ep->deadline, AT_FDCWD,
	    ep->path, O_RDONLY, 0));
}

/** Return the flags to open a destination with that is written in place. */
static int
file_flags(const struct endpoint *ep)
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
file_find(const struct endpoint *ep, struct location *location)
{
	if (location_find(location, ep->path) < 0 &&
	    (!ep->has_stat || location->distrusted))
		return endpoint_error(ep, "create");
	return STATUS_OK;
}

/** Create DEST, or open it if another process creates it first, unless
 * --no-clobber is given. */
static enum status
file_create(struct endpoint *ep)
{
	struct file_state *state = calloc(1, sizeof(*state));
	enum status status;
	int fd;

	if (state == NULL)
		return endpoint_error(ep, "create");
	state->location = LOCATION_NONE;
	ep->state = state;
	status = file_find(ep, &state->location);
	if (status != STATUS_OK)
		return status;
	fd = descriptor_open(&ep->deadline, state->location.dir,
	    state->location.base, file_flags(ep) | O_EXCL | O_NOFOLLOW,
	    ep->mode);
	state->created = fd >= 0;
	if (fd < 0 && errno == EEXIST && !ep->options->no_clobber)
		fd = descriptor_open(&ep->deadline, AT_FDCWD, ep->path,
		    file_flags(ep), ep->mode);
	return file_attach(ep, fd);
}

/** Open DEST for writing in place.  Open it in the directory where
 * location_find() saw it, so that a link that is put there later is not
 * followed; or by its path, if location_find() saw another file or none, as for
 * /proc/PID/fd/N. */
static int
file_open_existing(const struct endpoint *ep, const struct location *location)
{
	return location_has(location, &ep->st) ?
	    descriptor_open(&ep->deadline, location->dir, location->base,
	    file_flags(ep) | O_NOFOLLOW, ep->mode) :
	    descriptor_open(&ep->deadline, AT_FDCWD, ep->path,
	    file_flags(ep), ep->mode);
}

/** Open DEST for writing in place, except what file_ready() opens: FIFOs and
 * synthetic files. */
static enum status
file_open_in_place(struct endpoint *ep, enum zc_kind kind)
{
	const bool late = kind == ZC_PIPE || kind == ZC_SYNTHETIC;
	struct location location;
	enum status status;

	if (!ep->has_stat)
		return file_create(ep);
	status = file_find(ep, &location);
	if (status != STATUS_OK)
		return status;
	if (!late)
		status = file_attach(ep, file_open_existing(ep, &location));
	location_close(&location);
	if (status == STATUS_OK && !late && ep->options->seek >= 0 &&
	    lseek(ep->fd, 0, SEEK_CUR) < 0)
		return endpoint_error(ep, "--seek");
	return status;
}

/** Refuse a DEST that exists and cannot be written as the options say, before
 * it is opened. */
static enum status
file_check_dest(const struct endpoint *ep, enum zc_kind kind)
{
	const struct options *o = ep->options;
	enum status status;

	if (!ep->has_stat)
		return STATUS_OK;
	status = file_check_type(ep);
	if (status != STATUS_OK)
		return status;
	if (o->no_clobber) {
		errno = EEXIST;
		return endpoint_error(ep, "create");
	}
	/* A disk cannot grow, and pipes and terminals cannot seek. */
	errno = ESPIPE;
	if (kind == ZC_BLOCK && o->append)
		return endpoint_error(ep, "--append");
	if ((kind == ZC_PIPE || kind == ZC_TTY) && o->seek >= 0)
		return endpoint_error(ep, "--seek");
	return STATUS_OK;
}

/** Find out what DEST is, with O_PATH, because opening a device may act.
 * Change the endpoint's type if the file is to be replaced. */
static enum status
file_choose(struct endpoint *ep, struct look *look)
{
	const struct options *o = ep->options;
	int fd = open(ep->path, O_PATH | O_CLOEXEC);
	enum status status;

	if (fd < 0 && errno != ENOENT)
		return endpoint_error(ep, "open");
	look->kind = ZC_REGULAR;
	if (fd >= 0) {
		ep->has_stat = fstat(fd, &ep->st) == 0;
		look->kind = look_kind(fd, &ep->st);
		close(fd);
	}
	look->missing = !ep->has_stat;
	status = file_check_dest(ep, look->kind);
	if (status != STATUS_OK || o->inplace || o->append || o->seek >= 0 ||
	    look->kind != ZC_REGULAR)
		return status;
	if (look->missing && !o->quiet && endpoint_is_port(ep))
		diag_note("%s: a new file; :%s would listen on that port",
		    ep->name, ep->name);
	ep->type = &endpoint_replace;
	return STATUS_OK;
}

static enum status
file_open(struct endpoint *ep)
{
	struct look look = LOOK_SOCKET;
	enum status status;

	if (ep->role == ROLE_SOURCE)
		return file_open_source(ep);
	status = file_choose(ep, &look);
	if (status != STATUS_OK)
		return status;
	return endpoint_has(ep, ENDPOINT_REPLACES) ? ep->type->open(ep) :
	    file_open_in_place(ep, look.kind);
}

/** Look at the file with O_PATH.  If that fails, the size stays unknown. */
static void
file_measure(const struct endpoint *ep, struct look *look)
{
	int fd = open(ep->path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return;
	look_inspect(look, fd, &ep->st);
	close(fd);
	if (look->kind == ZC_REGULAR || look->kind == ZC_BLOCK)
		look->start = 0;
}

static enum status
file_look_source(struct endpoint *ep, struct look *look)
{
	enum status status = file_check_source(ep);

	if (status != STATUS_OK)
		return status;
	if (look_access(AT_FDCWD, ep->path, R_OK) < 0)
		return endpoint_error(ep, "open");
	file_measure(ep, look);
	return STATUS_OK;
}

/** Return how DEST will be written in place. */
static const char *
file_way(const struct endpoint *ep, const struct look *look)
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

/** Return 0, or -1 with the errno with which open(2) would fail. */
static int
file_may_open(const struct endpoint *ep, const struct location *location)
{
	const int flags = file_flags(ep);
	struct statx seen;

	if (!ep->has_stat)
		return look_access(location->dir, ".", W_OK | X_OK);
	if (look_access(AT_FDCWD, ep->path, W_OK) < 0)
		return -1;
	errno = EACCES;
	if ((flags & O_CREAT) && look_is_protected(location->dir, &ep->st))
		return -1;
	/* An append-only file (chattr +a) must be opened with O_APPEND. */
	if (statx(AT_FDCWD, ep->path, 0, 0, &seen) < 0 ||
	    !(seen.stx_attributes & STATX_ATTR_APPEND) || (flags & O_APPEND))
		return 0;
	errno = EPERM;
	return -1;
}

static enum status
file_look_in_place(struct endpoint *ep, struct look *look)
{
	struct location location = LOCATION_NONE;
	enum status status = file_find(ep, &location);

	if (status == STATUS_OK && file_may_open(ep, &location) < 0)
		status = endpoint_error(ep, "open");
	location_close(&location);
	look->flags = file_flags(ep);
	if (ep->options->seek >= 0)
		look->start = ep->options->seek;
	look->way = file_way(ep, look);
	return status;
}

static enum status
file_look(struct endpoint *ep, struct look *look)
{
	enum status status;

	if (ep->role == ROLE_SOURCE)
		return file_look_source(ep, look);
	status = file_choose(ep, look);
	if (status != STATUS_OK)
		return status;
	if (!look->missing)
		file_measure(ep, look);
	return endpoint_has(ep, ENDPOINT_REPLACES) ?
	    ep->type->look(ep, look) : file_look_in_place(ep, look);
}

/*
 * Open what file_open() did not: FIFOs, because that waits for the other side,
 * and synthetic files, because the open may act.  O_TRUNC on a tracefs file
 * empties its buffer, for example, and ftruncate(2) does not.
 */
static enum status
file_open_late(struct endpoint *ep)
{
	const struct options *o = ep->options;
	int flags = O_RDONLY, fd;

	gauge_phase(PHASE_OPENING);
	if (ep->role == ROLE_DEST) {
		flags = file_flags(ep);
		if (S_ISREG(ep->st.st_mode) && !o->append && o->seek < 0)
			flags |= O_TRUNC;
	}
	fd = descriptor_open(&ep->deadline, AT_FDCWD, ep->path, flags,
	    ep->mode);
	if (fd < 0 && errno == ETIMEDOUT && deadline_passed(&ep->deadline)) {
		diag_error(ep->name, "open: no %s opened it within %g s "
		    "(--timeout)", ep->role == ROLE_SOURCE ? "writer" :
		    "reader", ep->deadline.limit);
		return endpoint_fault(ep);
	}
	return file_attach(ep, fd);
}

static enum status
file_ready(struct endpoint *ep)
{
	const struct options *o = ep->options;
	enum status status;

	if (ep->fd < 0) {
		status = file_open_late(ep);
		if (status != STATUS_OK)
			return status;
	}
	if (ep->role == ROLE_DEST && o->seek >= 0 &&
	    lseek(ep->fd, o->seek, SEEK_SET) < 0)
		return endpoint_error(ep, "--seek");
	return STATUS_OK;
}

/** True if truncating would change nothing.  ext4 flushes a file that was
 * truncated when it is closed, even if it was empty, and that can take as long
 * as the copy.  A FUSE server may state a size of 0 for a file that has data.
 */
static bool
file_is_empty(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size == 0 &&
	    filesystem_of(fd) != FILESYSTEM_FUSE;
}

static enum status
file_begin(struct endpoint *ep)
{
	const struct options *o = ep->options;

	/* A synthetic file was emptied when it was opened (O_TRUNC). */
	if (S_ISREG(ep->st.st_mode) && !o->append && o->seek < 0 &&
	    zc_kind_of(ep->fd) == ZC_REGULAR && !file_is_empty(ep->fd) &&
	    ftruncate(ep->fd, 0) < 0)
		return endpoint_error(ep, "truncate");
	return STATUS_OK;
}

/** Fail unless the name still leads to the file that was written.  Only regular
 * files are checked: the data of a FIFO has a reader, and a write to a kernel
 * file may remove it. */
static enum status
file_check_name(const struct endpoint *ep)
{
	struct stat st, named;

	if (zc_kind_of(ep->fd) != ZC_REGULAR)
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
file_commit(struct endpoint *ep)
{
	struct file_state *state = ep->state;
	const bool created = state != NULL && state->created;
	enum status status;

	if (ep->role == ROLE_SOURCE)
		return STATUS_OK;
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
	/* The file is complete, so file_abort() must not remove it, even if
	 * its name has changed. */
	if (state != NULL)
		state->created = false;
	status = file_check_name(ep);
	return status == STATUS_OK && created ?
	    flush_directory(ep, state->location.dir) : status;
}

/** True if the name still leads to the file that we created, and it is empty.
 */
static bool
file_is_unused(const struct endpoint *ep, const struct location *location)
{
	struct stat st;

	return fstatat(location->dir, location->base, &st,
	    AT_SYMLINK_NOFOLLOW) == 0 &&
	    endpoint_same_inode(&st, &ep->st) && st.st_size == 0;
}

static void
file_abort(struct endpoint *ep)
{
	struct file_state *state = ep->state;

	if (state == NULL)
		return;
	if (state->created && file_is_unused(ep, &state->location))
		unlinkat(state->location.dir, state->location.base, 0);
	location_close(&state->location);
	free(state);
	ep->state = NULL;
}

const struct endpoint_type endpoint_file = {
	.name = "file",
	.offers = NEED_PATH | NEED_POSITION,
	.traits = ENDPOINT_PATH,
	.look = file_look,
	.open = file_open,
	.ready = file_ready,
	.begin = file_begin,
	.commit = file_commit,
	.abort = file_abort,
};
