#include "config.h"

#include "skip.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../endpoint/descriptor.h"
#include "move.h"
#include "tally.h"
#include "verdict.h"

/** Mark SOURCE as empty, and report that unless --allow-short is given.  Bytes
 * that a growing file gets from now on are not what the user asked for. */
static enum status
skip_past_end(struct endpoint *source, const struct endpoint *dest)
{
	const struct options *options = source->options;

	source->empty = true;
	if (options->allow_short)
		return STATUS_OK;
	diag_error(source->name, "--offset: %" PRId64 " is past the end %s",
	    options->offset, tally(dest, 0, -1).text);
	return STATUS_INCOMPLETE;
}

static enum status
skip_by_reading(struct endpoint *source, const struct endpoint *dest)
{
	struct zc_result result;
	int nowhere = descriptor_open(AT_FDCWD, "/dev/null", O_WRONLY, 0);

	if (nowhere < 0) {
		diag_errno("/dev/null", "open");
		return STATUS_OTHER;
	}
	move_plainly(source, nowhere, source->options->offset, &result);
	close(nowhere);
	if (result.outcome == ZC_SHORT)
		return skip_past_end(source, dest);
	result.bytes = 0;		/* dropped, not delivered */
	return verdict(&result, source, dest);
}

/** True if start + offset is past the end.  `end` is st_size, which some FUSE
 * servers make up, so try to read a byte there. */
static bool
is_past_end(int fd, int64_t start, int64_t offset, int64_t end)
{
	char byte;

	return offset > end - start && (offset > INT64_MAX - start ||
	    pread(fd, &byte, 1, start + offset) <= 0);
}

/** Seek to start + offset, in a file whose st_size is `end`. */
static enum status
skip_by_seeking(struct endpoint *source, const struct endpoint *dest,
    int64_t start, int64_t end)
{
	int64_t offset = source->options->offset;

	if (is_past_end(source->fd, start, offset, end)) {
		/* Start at the end instead: start + offset may overflow. */
		if (lseek(source->fd, end > start ? end : start, SEEK_SET) < 0)
			goto fail;
		return skip_past_end(source, dest);
	}
	if (lseek(source->fd, start + offset, SEEK_SET) >= 0)
		return STATUS_OK;
fail:
	diag_errno(source->name, "seek");
	return STATUS_SOURCE;
}

/** Return the end of a file or disk, or -1 if SOURCE is something else. */
static int64_t
end_of(const struct endpoint *source, int64_t start)
{
	enum zc_kind kind = zc_kind_of(source->fd);
	int64_t end;
	struct stat st;

	if (kind == ZC_REGULAR && fstat(source->fd, &st) == 0)
		return st.st_size;
	if (kind != ZC_BLOCK)
		return -1;
	end = lseek(source->fd, 0, SEEK_END);
	if (end >= 0)
		(void)lseek(source->fd, start, SEEK_SET);
	return end;
}

enum status
skip_look(struct endpoint *source, struct look *look,
    const struct endpoint *dest)
{
	int64_t offset = source->options->offset, end = look->size;

	if (look->kind == ZC_NULL)
		look->start = end = 0;
	/* A FUSE server's size is checked by reading, so not here. */
	if (offset == 0 || end < 0 || look->start < 0 || look->guessed)
		return STATUS_OK;
	if (offset > end - look->start) {
		look->start = MAX(look->start, end);
		return skip_past_end(source, dest);
	}
	look->start += offset;
	return STATUS_OK;
}

enum status
skip_source(struct endpoint *source, const struct endpoint *dest)
{
	int64_t start, end;

	if (source->options->offset == 0)
		return STATUS_OK;
	start = lseek(source->fd, 0, SEEK_CUR);
	end = start < 0 ? -1 : end_of(source, start);
	if (end < 0)
		return skip_by_reading(source, dest);
	return skip_by_seeking(source, dest, start, end);
}
