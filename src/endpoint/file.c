/*
 * A path.  SOURCE is read here.  DEST becomes an endpoint_replace or an
 * endpoint_in_place as soon as it is looked at or opened.
 */
#include "config.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../base/gauge.h"
#include "../system/access.h"
#include "../zcopy.h"
#include "descriptor.h"
#include "in-place.h"
#include "look.h"

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

enum status
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

enum status
file_refuse_append(const struct endpoint *ep)
{
	diag_error(ep->name, "--append: a disk cannot grow: use --seek");
	return endpoint_fault(ep);
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
	if (kind == ZC_BLOCK && o->append)
		return file_refuse_append(ep);
	errno = ESPIPE;
	if ((kind == ZC_PIPE || kind == ZC_TTY) && o->seek >= 0)
		return endpoint_error(ep, "--seek");
	return STATUS_OK;
}

/** Find out what DEST is, with O_PATH, because opening a device may act.
 * Change the endpoint's type to how it will be written. */
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
	if (status != STATUS_OK)
		return status;
	ep->type = &endpoint_in_place;
	if (o->inplace || o->append || o->seek >= 0 || look->kind != ZC_REGULAR)
		return STATUS_OK;
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
	    in_place_open(ep, look.kind);
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
	if (access_as_effective(AT_FDCWD, ep->path, R_OK) < 0)
		return endpoint_error(ep, "open");
	file_measure(ep, look);
	return STATUS_OK;
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
	return ep->type->look(ep, look);
}

enum status
file_open_late(struct endpoint *ep, int flags)
{
	int fd;

	gauge_phase(PHASE_OPENING);
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

/** Open a FIFO; file_open() has opened everything else. */
static enum status
file_ready(struct endpoint *ep)
{
	return ep->fd >= 0 ? STATUS_OK : file_open_late(ep, O_RDONLY);
}

const struct endpoint_type endpoint_file = {
	.name = "file",
	.offers = NEED_PATH | NEED_POSITION,
	.traits = ENDPOINT_PATH,
	.look = file_look,
	.open = file_open,
	.ready = file_ready,
};
