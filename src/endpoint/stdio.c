/*
 * An inherited descriptor.  It is never reopened, and its flags are never
 * changed, because other processes may share it.  A socket stays connected.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../zcopy.h"
#include "descriptor.h"
#include "endpoint.h"
#include "file.h"
#include "flush.h"
#include "look.h"
#include "socket.h"

/** Fail unless the descriptor is open, and in the direction that is needed. */
static enum status
stdio_check_mode(const struct endpoint *ep)
{
	const bool source = ep->role == ROLE_SOURCE;
	int flags = fcntl(ep->fd, F_GETFL);
	int mode = flags & O_ACCMODE;

	if (flags < 0)
		return endpoint_error(ep, "not open");
	/* A descriptor with O_PATH has the mode O_RDONLY, but cannot read. */
	if (!(flags & O_PATH) &&
	    (mode == O_RDWR || mode == (source ? O_RDONLY : O_WRONLY)))
		return STATUS_OK;
	errno = EBADF;
	return endpoint_error(ep, source ? "not open for reading" :
	    "not open for writing");
}

/** Fail unless the engine can move data of this kind of file. */
static enum status
stdio_check_kind(struct endpoint *ep)
{
	const char *why = "not a file, pipe, socket or device";

	if (fstat(ep->fd, &ep->st) < 0)
		return endpoint_error(ep, "stat");
	ep->kind = zc_kind_of(ep->fd);
	if (ep->kind != ZC_OTHER) {
		ep->has_stat = true;
		return STATUS_OK;
	}
	if (S_ISDIR(ep->st.st_mode)) {
		errno = EISDIR;
		return endpoint_error(ep, "open");
	}
	if (S_ISSOCK(ep->st.st_mode))
		why = "not a stream socket";
	diag_error(ep->name, "open: %s", why);
	return endpoint_fault(ep);
}

/** Fail if the descriptor cannot seek, or appends (O_APPEND). */
static enum status
stdio_check_seek(const struct endpoint *ep)
{
	if (fcntl(ep->fd, F_GETFL) & O_APPEND) {
		diag_error(ep->name, "--seek: the descriptor appends");
		return endpoint_fault(ep);
	}
	if (lseek(ep->fd, 0, SEEK_CUR) < 0)
		return endpoint_error(ep, "--seek");
	return STATUS_OK;
}

static enum status
stdio_open(struct endpoint *ep)
{
	enum status status = stdio_check_mode(ep);

	if (status != STATUS_OK)
		return status;
	status = stdio_check_kind(ep);
	if (status != STATUS_OK)
		return status;
	if (ep->role == ROLE_SOURCE)
		return STATUS_OK;
	if (ep->options->seek >= 0)
		return stdio_check_seek(ep);
	return ep->options->append && S_ISBLK(ep->st.st_mode) ?
	    file_refuse_append(ep) : STATUS_OK;
}

/** stdio_open() only looks, so call it, and then describe what it saw. */
static enum status
stdio_look(struct endpoint *ep, struct look *look)
{
	const struct options *o = ep->options;
	enum status status = stdio_open(ep);

	if (status != STATUS_OK)
		return status;
	look_open(look, ep);
	if (ep->role == ROLE_SOURCE)
		return STATUS_OK;
	look->way = (look->flags & O_APPEND) || o->append ? "appended" :
	    "written from its position on";
	if (o->append && look->kind == ZC_REGULAR)
		look->start = look->size;
	if (o->seek >= 0)
		look->start += o->seek;
	return STATUS_OK;
}

/** Move the position of DEST to where writing starts; O_APPEND does that by
 * itself. */
static enum status
stdio_ready(struct endpoint *ep)
{
	const struct options *o = ep->options;

	if (ep->role == ROLE_SOURCE)
		return STATUS_OK;
	if (o->append && S_ISREG(ep->st.st_mode) &&
	    !(fcntl(ep->fd, F_GETFL) & O_APPEND) &&
	    lseek(ep->fd, 0, SEEK_END) < 0)
		return endpoint_error(ep, "--append");
	if (o->seek >= 0 && lseek(ep->fd, o->seek, SEEK_CUR) < 0)
		return endpoint_error(ep, "--seek");
	return STATUS_OK;
}

static enum status
stdio_begin(struct endpoint *ep)
{
	return S_ISSOCK(ep->st.st_mode) ? socket_begin(ep) : STATUS_OK;
}

static enum status
stdio_finish(struct endpoint *ep)
{
	return S_ISSOCK(ep->st.st_mode) ? socket_finish(ep) : STATUS_OK;
}

static enum status
stdio_commit(struct endpoint *ep)
{
	if (S_ISSOCK(ep->st.st_mode))
		return socket_commit(ep);
	if (ep->role == ROLE_SOURCE)
		return STATUS_OK;
	if (descriptor_settle(&ep->deadline, ep->fd) < 0)
		return endpoint_error(ep, "close");
	return flush_file(ep);
}

const struct endpoint_type endpoint_stdio = {
	.name = "descriptor",
	.offers = NEED_POSITION,
	.look = stdio_look,
	.open = stdio_open,
	.ready = stdio_ready,
	.begin = stdio_begin,
	.finish = stdio_finish,
	.await = socket_await,
	.commit = stdio_commit,
};
