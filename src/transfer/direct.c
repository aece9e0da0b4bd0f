#include "config.h"

#include "direct.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/param.h>

#include "../base/diag.h"
#include "../base/minmax.h"
#include "../system/block.h"
#include "../zcopy.h"

/* Whole pages suit all disks, if the kernel does not say what it takes (before
 * Linux 6.1). */
#define PAGE	INT64_C(4096)

#define WAY_OUT	"(open it without O_DIRECT, or name the file)"

bool
direct_concerns(const struct endpoint *ep)
{
	enum zc_kind kind;

	if (!ep->inherited)
		return false;
	/* On a pipe the flag means something else: packets, see pipe(2). */
	kind = endpoint_kind(ep);
	return (kind == ZC_REGULAR || kind == ZC_BLOCK) &&
	    (fcntl(ep->fd, F_GETFL) & O_DIRECT);
}

int64_t
direct_least(const struct endpoint *ep)
{
	return direct_concerns(ep) ?
	    max64(block_for_direct_io(ep->fd), PAGE) : 1;
}

/** Check that one end can begin where it is, and take `count` bytes; -1: they
 * are unknown, or need not be whole blocks.  Return STATUS_OK; on failure,
 * print the reason and return the exit status. */
static enum status
check_end(const struct endpoint *ep, const struct look *look, int64_t count)
{
	const char *doing = ep->role == ROLE_SOURCE ? "read" : "write";
	int64_t block = direct_concerns(ep) ? block_for_direct_io(ep->fd) : 0;
	int64_t at = look->start;

	if (block == 0 || count == 0)
		return STATUS_OK;
	if (ep->role == ROLE_DEST && (look->flags & O_APPEND))
		at = look->size;	/* whatever its position is */
	if (at % block == 0 && (count < 0 || count % block == 0))
		return STATUS_OK;
	if (count < 0)
		diag_error(ep->name, "%s: the descriptor has O_DIRECT: it "
		    "takes blocks of %" PRId64 " bytes, but the transfer "
		    "starts at %" PRId64 " " WAY_OUT, doing, block, at);
	else
		diag_error(ep->name, "%s: the descriptor has O_DIRECT: it "
		    "takes blocks of %" PRId64 " bytes, not %" PRId64
		    " bytes at %" PRId64 " " WAY_OUT, doing, block, count, at);
	return endpoint_fault(ep);
}

/** True if what is to be moved must suit O_DIRECT.  Not with a method that may
 * not need that: mmap reads any range, and reflink writes any. */
static bool
must_suit(const struct options *options)
{
	return options->rules == NULL && (options->method == ZC_AUTO ||
	    options->method == ZC_READ_WRITE);
}

/** Return how many bytes SOURCE has left, or -1: unknown. */
static int64_t
left_of(const struct look *in)
{
	return in->kind == ZC_REGULAR && in->start >= 0 ?
	    MAX(in->size - in->start, 0) : -1;
}

/** Return how many of them are moved, or -1: unknown. */
static int64_t
count_of(const struct options *options, int64_t left)
{
	return options->bytes != ZC_TO_END && (left < 0 ||
	    options->bytes < left) ? options->bytes : left;
}

enum status
direct_check_source(const struct endpoint *source, const struct look *in)
{
	const struct options *options = source->options;
	const int64_t left = left_of(in), count = count_of(options, left);

	if (!must_suit(options) || left == 0)
		return STATUS_OK;
	/* Where the file ends, its last read(2) may be shorter than a block;
	 * where --bytes ends it, it may not. */
	return check_end(source, in, count == options->bytes ? count : -1);
}

enum status
direct_check_dest(const struct endpoint *dest, const struct look *out,
    const struct look *in)
{
	const struct options *options = dest->options;

	return must_suit(options) ?
	    check_end(dest, out, count_of(options, left_of(in))) : STATUS_OK;
}

const char *
direct_hint(const struct endpoint *ep)
{
	return direct_concerns(ep) ? "; the descriptor has O_DIRECT and takes "
	    "whole blocks only " WAY_OUT : "";
}
