/*
 * FreeBSD's sendfile(2).  Arguments are checked in the order of FreeBSD's
 * kernel, because the errno depends on it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "../system/tcp.h"
#include "compat.h"

static int
check_file(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags < 0 || fstat(fd, &st) < 0)
		return -1;
	if ((flags & O_PATH) || (flags & O_ACCMODE) == O_WRONLY)
		return compat_fail(EBADF);
	return S_ISREG(st.st_mode) ? 0 : compat_fail(EINVAL);
}

static int
check_socket(int s)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(int);
	int type;

	if (getsockopt(s, SOL_SOCKET, SO_TYPE, &type, &length) < 0)
		return -1;		/* EBADF, ENOTSOCK */
	if (type != SOCK_STREAM)
		return compat_fail(EINVAL);
	length = sizeof(peer);
	if (getpeername(s, (struct sockaddr *)&peer, &length) < 0 &&
	    !tcp_was_connected(s))
		return compat_fail(ENOTCONN);
	return 0;			/* send(2) fails with EPIPE */
}

/** Prefer sendfile.  A nonblocking socket takes a little from each of many
 * calls, and after each of them splice would have to put back what is in its
 * pipe. */
static int
prefer_sendfile(const struct zc_ends *ends, void *arg)
{
	(void)ends;
	(void)arg;
	return ZC_SENDFILE;
}

static int
transfer(int fd, int s, int64_t offset, size_t nbytes,
    const struct zc_hdtr *hdtr, int64_t *sbytes, unsigned flags)
{
	struct zc_request request = ZC_REQUEST_INIT(fd, s);
	struct zc_result result = ZC_RESULT_INIT;
	int done;

	request.offset = offset;
	request.bytes = nbytes == 0 ? ZC_TO_END : (int64_t)MIN(
	    (uint64_t)nbytes, (uint64_t)(INT64_MAX - offset));
	request.hdtr = hdtr;
	request.flags = flags;
	request.event = compat_stop_at_signal;
	request.select = prefer_sendfile;
	done = zc_transfer(&request, &result);
	*sbytes = result.header_bytes + result.bytes + result.trailer_bytes;
	return done;
}

int
zc_sendfile(int fd, int s, int64_t offset, size_t nbytes,
    struct zc_hdtr *hdtr, int64_t *sbytes, int flags)
{
	int64_t ignored;

	if (sbytes == NULL)
		sbytes = &ignored;
	*sbytes = 0;
	if (offset < 0 || (flags & ~ZC_SF_NODISKIO) != 0)
		return compat_fail(EINVAL);
	if (check_file(fd) < 0 || check_socket(s) < 0)
		return -1;
	return transfer(fd, s, offset, nbytes, hdtr, sbytes,
	    flags & ZC_SF_NODISKIO ? ZC_NODISKIO : 0);
}
