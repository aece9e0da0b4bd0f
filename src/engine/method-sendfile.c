/*
 * sendfile(2): pages of a file go to any descriptor, in one call, without being
 * copied to user space.
 */
#include "config.h"

#include <errno.h>

#include "method.h"

#if defined(HAVE_LINUX_SENDFILE) || defined(HAVE_SENDFILE)
#ifdef HAVE_LINUX_SENDFILE
#include <sys/sendfile.h>
#else
#include "../system/sendfile.h"
#define sendfile	zc__sendfile
#endif

static const char *
sendfile_suits(const struct zc_ends *ends)
{
	/* From a socket to a pipe it works, but while the kernel waits for data
	 * it holds the pipe's lock: the pipe's reader cannot even be killed. */
	if (ends->in == ZC_PIPE || ends->in == ZC_SOCKET || ends->in == ZC_TTY)
		return "the source must be a file or a device";
	if (ends->placed)
		return "it cannot write at an offset";
	return NULL;
}

static int
sendfile_available(void)
{
	(void)sendfile(-1, -1, NULL, 0);
	return errno == EBADF ? 0 : errno;
}

static struct step
sendfile_pass(struct end *in, struct end *out, const struct call *call)
{
	ssize_t n = sendfile(out->fd, in->fd, end_offset(in),
	    (size_t)call->max);

	if (n > 0)
		return step_moved(n);
	if (n == 0)
		return step_ended();
	if (errno == EINTR)
		return step_moved(0);
	if (errno == EAGAIN)
		return step_eagain(out);
	if (errno == ENOSPC || errno == EDQUOT || step_error_is_gone(errno))
		return step_failed(ZC_SINK, errno);
	/* EFBIG has been wrong, too: read-write finds out. */
	return step_unsuited(errno);
}

const struct method method_sendfile = {
	.id = ZC_SENDFILE,
	.name = "sendfile",
	.summary = "sendfile(2): pages of a file to anything, in the kernel",
	.available = sendfile_available,
	.suits = sendfile_suits,
	.pass = sendfile_pass,
};
#else
const struct method method_sendfile = METHOD_MISSING(ZC_SENDFILE, "sendfile",
    "sendfile(2): pages of a file to anything, in the kernel");
#endif
