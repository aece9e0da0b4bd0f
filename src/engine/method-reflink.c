/*
 * ioctl_ficlonerange(2): no data moves, the files share their blocks until one
 * of them is written.  It shares the whole range or nothing.
 */
#include "config.h"

#include <errno.h>
#include <sys/param.h>
#include <sys/stat.h>

#include "method.h"

#ifdef HAVE_LINUX_FS_H
#include <linux/fs.h>
#include <sys/ioctl.h>

static const char *
reflink_suits(const struct zc_ends *ends)
{
	if (ends->in != ZC_REGULAR || ends->out != ZC_REGULAR)
		return "both ends must be regular files";
	return NULL;
}

static int
reflink_available(void)
{
	(void)ioctl(-1, FICLONE, -1);
	return errno == EBADF ? 0 : errno;
}

static int
reflink_clone(int in, int out, int64_t from, int64_t to, int64_t size)
{
	struct file_clone_range range = {
		.src_fd = in,
		.src_offset = (uint64_t)from,
		.src_length = (uint64_t)size,
		.dest_offset = (uint64_t)to,
	};
	struct stat st;

	if (ioctl(out, FICLONERANGE, &range) < 0)
		return -1;
	/* OpenZFS has returned 0 for a part of the range (its issue 15728). */
	if (fstat(out, &st) < 0)
		return -1;
	errno = ENODATA;
	return st.st_size >= to + size ? 0 : -1;
}

static struct step
reflink_pass(struct end *in, struct end *out, const struct call *call)
{
	int64_t from = end_position(in), to = end_position(out);
	int64_t there, size;
	struct stat st;

	if (from < 0 || to < 0 || fstat(in->fd, &st) < 0)
		return step_unsuited(errno);
	there = st.st_size - from;
	if (there <= 0)
		return step_ended();
	size = MIN(there, call->all);
	if (reflink_clone(in->fd, out->fd, from, to, size) < 0)
		return errno == EINTR ? step_moved(0) : step_unsuited(errno);
	if (end_advance(in, size) < 0 || end_advance(out, size) < 0)
		return step_failed(ZC_SINK, errno);
	return step_moved(size);
}

const struct method method_reflink = {
	.id = ZC_REFLINK,
	.name = "reflink",
	.summary = "FICLONERANGE: share the blocks, move nothing; only by name",
	.available = reflink_available,
	.suits = reflink_suits,
	.pass = reflink_pass,
};
#else
const struct method method_reflink = METHOD_MISSING(ZC_REFLINK, "reflink",
    "FICLONERANGE: share the blocks, move nothing; only by name");
#endif
