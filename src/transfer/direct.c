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

/* On a pipe the flag means packets, see pipe(2). */
bool
direct_concerns(const struct endpoint *ep)
{
	enum zc_kind kind;

	if (!ep->inherited)
		return false;
	kind = zc_kind_of(ep->fd);
	return (kind == ZC_REGULAR || kind == ZC_BLOCK) &&
	    (fcntl(ep->fd, F_GETFL) & O_DIRECT);
}

/** `count` is -1 where it is not known, or does not matter. */
static enum status
check(const struct endpoint *ep, const struct look *look, int64_t count)
{
	int64_t block = direct_concerns(ep) ? block_for_direct_io(ep->fd) : 0;
	bool source = ep->role == ROLE_SOURCE;
	int64_t at = !source && (look->flags & O_APPEND) ? look->size :
	    look->start;

	if (block == 0 || count == 0 ||
	    (at % block == 0 && (count < 0 || count % block == 0)))
		return STATUS_OK;
	if (count < 0)
		diag_error(ep->name, "%s: the descriptor has O_DIRECT: it "
		    "takes blocks of %" PRId64 " bytes, and stands at %" PRId64
		    " " WAY_OUT, source ? "read" : "write", block, at);
	else
		diag_error(ep->name, "%s: the descriptor has O_DIRECT: it "
		    "takes blocks of %" PRId64 " bytes, not %" PRId64
		    " bytes at %" PRId64 " " WAY_OUT, source ? "read" :
		    "write", block, count, at);
	return endpoint_fault(ep);
}

enum status
direct_check(const struct endpoint *source, const struct look *in,
    const struct endpoint *dest, const struct look *out)
{
	const struct options *options = source->options;
	int64_t bytes = options->bytes, left = -1, count;
	enum status status;

	/* Others may not mind: mmap reads, and reflink writes, without. */
	if (options->rules != NULL || (options->method != ZC_AUTO &&
	    options->method != ZC_READ_WRITE))
		return STATUS_OK;
	if (in->kind == ZC_REGULAR && in->start >= 0)
		left = MAX(in->size - in->start, 0);
	count = left;
	if (bytes != ZC_TO_END && (left < 0 || bytes < left))
		count = bytes;
	/* A read that is cut short by the end of the file is no matter. */
	status = left == 0 ? STATUS_OK :
	    check(source, in, bytes != ZC_TO_END && count == bytes ? bytes :
	    -1);
	return status == STATUS_OK ? check(dest, out, count) : status;
}

const char *
direct_hint(const struct endpoint *ep)
{
	return direct_concerns(ep) ? "; the descriptor has O_DIRECT and takes "
	    "whole blocks only " WAY_OUT : "";
}
