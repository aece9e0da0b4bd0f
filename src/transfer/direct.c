#include "config.h"

#include "direct.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../system/block.h"
#include "../zcopy.h"

#define WAY_OUT	"(open it without O_DIRECT, or name the file)"

/** On a pipe the flag means packets, see pipe(2). */
static bool
is_direct(const struct endpoint *ep)
{
	enum zc_kind kind = zc_kind_of(ep->fd);

	return ep->inherited && (kind == ZC_REGULAR || kind == ZC_BLOCK) &&
	    (fcntl(ep->fd, F_GETFL) & O_DIRECT);
}

/** Return how many bytes are there to be read, or -1: not known. */
static int64_t
left_in(const struct endpoint *source)
{
	off_t position = lseek(source->fd, 0, SEEK_CUR);
	struct stat st;

	if (zc_kind_of(source->fd) != ZC_REGULAR || position < 0 ||
	    fstat(source->fd, &st) < 0)
		return -1;
	return MAX(st.st_size - position, 0);
}

/** `count` is -1 where it is not known, or does not matter. */
static enum status
check(const struct endpoint *ep, int64_t count)
{
	int64_t block = is_direct(ep) ? block_for_direct_io(ep->fd) : 0;
	bool source = ep->role == ROLE_SOURCE;
	off_t position;

	if (block == 0 || count == 0)
		return STATUS_OK;
	position = lseek(ep->fd, 0, !source && (fcntl(ep->fd, F_GETFL) &
	    O_APPEND) ? SEEK_END : SEEK_CUR);
	if (position % block == 0 && (count < 0 || count % block == 0))
		return STATUS_OK;
	if (count < 0)
		diag_error(ep->name, "%s: the descriptor has O_DIRECT: it "
		    "takes blocks of %" PRId64 " bytes, and stands at %" PRId64
		    " " WAY_OUT, source ? "read" : "write", block,
		    (int64_t)position);
	else
		diag_error(ep->name, "%s: the descriptor has O_DIRECT: it "
		    "takes blocks of %" PRId64 " bytes, not %" PRId64
		    " bytes at %" PRId64 " " WAY_OUT, source ? "read" :
		    "write", block, count, (int64_t)position);
	return endpoint_fault(ep);
}

enum status
direct_check(const struct endpoint *source, const struct endpoint *dest)
{
	const struct options *options = source->options;
	int64_t bytes = options->bytes, left = left_in(source), count = left;
	enum status status;

	/* Others may not mind: mmap reads, and reflink writes, without. */
	if (options->rules != NULL || (options->method != ZC_AUTO &&
	    options->method != ZC_READ_WRITE))
		return STATUS_OK;
	if (bytes != ZC_TO_END && (left < 0 || bytes < left))
		count = bytes;
	/* A read that is cut short by the end of the file is no matter. */
	status = left == 0 ? STATUS_OK :
	    check(source, bytes != ZC_TO_END && count == bytes ? bytes : -1);
	return status == STATUS_OK ? check(dest, count) : status;
}

const char *
direct_hint(const struct endpoint *ep)
{
	return is_direct(ep) ? "; the descriptor has O_DIRECT and takes "
	    "whole blocks only " WAY_OUT : "";
}
