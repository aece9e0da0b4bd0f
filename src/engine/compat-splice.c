/*
 * zc_splice(): splice(2), also if neither end is a pipe.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/param.h>

#include "compat.h"
#include "job.h"

#ifdef HAVE_SPLICE

#define KNOWN	(ZC_SPLICE_MOVE | ZC_SPLICE_NONBLOCK | ZC_SPLICE_MORE | \
		ZC_SPLICE_GIFT)

/**
 * After splice(2) has returned 0, return 0 if `in` is at its end.  Else fail
 * with EINVAL, so that the caller uses read(2): a virtual or FUSE file has more
 * than its st_size, or a TCP connection is at an urgent byte, where a peek gets
 * the byte behind it, or EAGAIN.
 */
static ssize_t
confirm_end(int in, const int64_t *offset)
{
	struct end end;
	int more, over;

	if (end_inspect(&end, in, NULL, ZC_SOURCE,
	    offset != NULL ? *offset : ZC_CURRENT) < 0)
		return 0;
	if (end.kind == ZC_SOCKET) {
		over = end_peek_socket(in);
		if (over == 0)
			return compat_fail(EINVAL);
		return over > 0 ? 0 : -1;
	}
	if (end.start < 0)
		return 0;
	more = end_peek(&end);
	if (more < 0)
		return -1;		/* EINTR, EIO */
	return more > 0 ? compat_fail(EINVAL) : 0;
}

static ssize_t
splice_pipe(int out, int in, int64_t *offset, size_t nbytes, unsigned flags)
{
	bool from_pipe = zc_kind_of(in) == ZC_PIPE;
	off_t at = offset != NULL ? *offset : 0;
	off_t *in_at = offset != NULL ? &at : NULL;
	ssize_t n;

	/* Fail as splice(2) does, although the call below asks for less. */
	if (!from_pipe && (uint64_t)nbytes > (uint64_t)(INT64_MAX - at))
		return compat_fail(EINVAL);
	n = splice(in, in_at, out, NULL, MIN(nbytes, CALL_MAX), flags);
	if (n > 0 && offset != NULL)
		*offset = at;
	return n == 0 && !from_pipe ? confirm_end(in, offset) : n;
}

static ssize_t
splice_file(int out, int in, int64_t *offset, size_t nbytes, unsigned flags)
{
	struct zc_request request = ZC_REQUEST_INIT(in, out);
	struct zc_result result = ZC_RESULT_INIT;
	struct zc_job *job;

	request.offset = offset != NULL ? *offset : ZC_CURRENT;
	request.bytes = (int64_t)MIN(nbytes, SSIZE_MAX);
	request.method = ZC_SPLICE;
	request.event = compat_stop_at_signal;
	job = zc_job_new(&request);
	if (job == NULL)		/* directories, datagrams... */
		return compat_fail(errno == EBADF || errno == ENOMEM ?
		    errno : EINVAL);
	job->splice_flags = flags;
	/* What `out` refuses would be lost. */
	if (job->supply->in.start < 0) {
		zc_job_free(job);
		return compat_fail(EINVAL);
	}
	if (job_transfer(job, &result) < 0 && result.bytes == 0)
		return compat_fail(result.error == ENOTSUP ? EINVAL :
		    result.error);
	if (offset != NULL)
		*offset += result.bytes;
	return (ssize_t)result.bytes;
}

ssize_t
zc_splice(int out, int in, int64_t *offset, size_t nbytes, unsigned flags)
{
	/* A 64-bit kernel accepts 3 GiB from a 32-bit program, though that is
	 * more than the program's SSIZE_MAX: compare as 64 bits. */
	int64_t count = (int64_t)nbytes;

	if ((flags & ~(unsigned)KNOWN) != 0 || count < 0 ||
	    (offset != NULL && *offset < 0))
		return compat_fail(EINVAL);
	if (nbytes == 0)
		return 0;
	if (zc_kind_of(in) == ZC_PIPE || zc_kind_of(out) == ZC_PIPE)
		return splice_pipe(out, in, offset, nbytes, flags);
	return splice_file(out, in, offset, nbytes, flags);
}
#else
ssize_t
zc_splice(int out, int in, int64_t *offset, size_t nbytes, unsigned flags)
{
	(void)out;
	(void)in;
	(void)offset;
	(void)nbytes;
	(void)flags;
	return compat_fail(ENOSYS);
}
#endif
