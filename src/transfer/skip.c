#include "config.h"

#include "skip.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/deadline.h"
#include "../base/diag.h"
#include "../base/gauge.h"
#include "../endpoint/descriptor.h"
#include "move.h"
#include "tally.h"
#include "verdict.h"

/** Mark SOURCE as empty, and report that unless --allow-short is given.  Bytes
 * that a growing file gets from now on are not what the user asked for. */
static enum status
skip_past_end(struct ends *ends)
{
	struct endpoint *source = &ends->source;
	const struct options *options = source->options;

	source->empty = true;
	if (options->allow_short)
		return STATUS_OK;
	diag_error(source->name, "--offset: %" PRId64 " is past the end %s",
	    options->offset, tally(ends, 0, -1).text);
	return STATUS_INCOMPLETE;
}

/** Skip by moving the bytes to /dev/null. */
static enum status
skip_by_reading(struct ends *ends)
{
	struct endpoint *source = &ends->source;
	struct zc_result result = ZC_RESULT_INIT;
	int nowhere = descriptor_open(&source->deadline, AT_FDCWD, "/dev/null",
	    O_WRONLY, 0);
	enum status status;

	if (nowhere < 0) {
		diag_errno("/dev/null", "open");
		return STATUS_OTHER;
	}
	move_plainly(ends, nowhere, source->options->offset, &result);
	close(nowhere);
	if (result.outcome == ZC_SHORT) {
		/* If a command has failed, that is the reason. */
		status = endpoint_ended(source, false, tally(ends, 0, -1).text);
		return status != STATUS_OK ? status : skip_past_end(ends);
	}
	result.bytes = 0;		/* dropped, not delivered */
	return verdict(&result, ends, ends->dest);
}

/**
 * Return 1 if start + offset is past the end, 0 if it is not, or -1 with errno
 * if a signal ends us (EINTR) or the deadline has passed (ETIMEDOUT).  `size`
 * may be st_size, which some FUSE servers make up, so try to read a byte there.
 */
static int
past_end(struct endpoint *source, int64_t start, int64_t offset, int64_t size)
{
	char byte;
	ssize_t n;

	if (offset <= size - start)
		return 0;
	if (offset > INT64_MAX - start)
		return 1;
	deadline_begin(&source->deadline, source->options, DEADLINE_NEVER);
	do {
		n = pread(source->fd, &byte, 1, start + offset);
	} while (n < 0 && deadline_allows(&source->deadline));
	if (n < 0 && (errno == EINTR || errno == ETIMEDOUT))
		return -1;
	return n <= 0;			/* other errors: believe `size` */
}

/** Seek to start + offset, in a file or disk of this size. */
static enum status
skip_by_seeking(struct ends *ends, int64_t start, int64_t size)
{
	struct endpoint *source = &ends->source;
	int64_t offset = source->options->offset;
	int past = past_end(source, start, offset, size);

	if (past < 0)
		return endpoint_error(source, "read");
	if (past) {
		/* Go to the end instead: start + offset may overflow. */
		if (lseek(source->fd, MAX(size, start), SEEK_SET) < 0)
			goto fail;
		return skip_past_end(ends);
	}
	if (lseek(source->fd, start + offset, SEEK_SET) >= 0)
		return STATUS_OK;
fail:
	diag_errno(source->name, "seek");
	return STATUS_SOURCE;
}

enum status
skip_look(struct ends *ends, struct look *look)
{
	int64_t offset = ends->source.options->offset, size = look->size;

	if (look->kind == ZC_NULL)		/* it ends at once */
		look->start = size = 0;
	/* A FUSE server's size is checked by reading, so not here. */
	if (offset == 0 || size < 0 || look->start < 0 || look->guessed)
		return STATUS_OK;
	if (offset > size - look->start) {
		/* An inherited position may be past the end already. */
		look->start = MAX(look->start, size);
		return skip_past_end(ends);
	}
	look->start += offset;
	return STATUS_OK;
}

enum status
skip_source(struct ends *ends)
{
	struct look look;

	if (ends->source.options->offset == 0)
		return STATUS_OK;
	gauge_phase(PHASE_SKIPPING);
	look_open(&look, &ends->source);
	/* Read what cannot seek, and files of unknown size, as on procfs. */
	if (look.start < 0 || look.size < 0)
		return skip_by_reading(ends);
	return skip_by_seeking(ends, look.start, look.size);
}
