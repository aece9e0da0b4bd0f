#include "config.h"

#include "resume.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/deadline.h"
#include "../base/diag.h"
#include "../base/digest.h"
#include "../base/gauge.h"
#include "../endpoint/location.h"
#include "../endpoint/look.h"
#include "../endpoint/part.h"
#include "cache.h"
#include "direct.h"

#define BUFFER		((size_t)256 * 1024)

/* Times that are younger may stay the same when the file changes: vfat keeps
 * them in units of two seconds, and others in ticks of the kernel's clock. */
#define RECENT		2.0		/* seconds */

/* An option that excludes --resume, and why. */
static const char *
conflict(const struct options *o)
{
	if (o->append || o->seek >= 0 || o->inplace)
		return "not with --append, --seek or --inplace, which write "
		    "DEST itself: after a failure, --offset=SIZE and "
		    "--seek=SIZE move the rest";
	if (o->also.count > 0)
		return "not with --also, because each part could end at "
		    "another byte: resume one DEST after another";
	if (o->headers.count > 0 || o->trailers.count > 0)
		return "not with --header or --trailer: put all of it into "
		    "SOURCE first";
	if (o->no_disk_io)
		return "not with --no-disk-io, because what is there already "
		    "is read again: leave one of them out";
	return NULL;
}

enum status
resume_check(const struct endpoint *source, const struct endpoint *dest)
{
	const char *why = conflict(dest->options);
	enum status status;

	if (!dest->options->resume)
		return STATUS_OK;
	if (why != NULL) {
		diag_error("--resume", "%s", why);
		return STATUS_USAGE;
	}
	if (!(dest->type->offers & NEED_PATH)) {
		diag_error(dest->name, "--resume: only for a DEST that is "
		    "named by its path, because DEST.part is kept beside it");
		return STATUS_USAGE;
	}
	status = look_check_kind(dest, 1u << ZC_REGULAR, "--resume",
	    ", not a regular file, so no part of it is kept: leave out "
	    "--resume");
	if (status != STATUS_OK)
		return status;
	status = look_check_kind(source, 1u << ZC_REGULAR | 1u << ZC_BLOCK,
	    "--resume", " cannot be read from the middle: leave out --resume, "
	    "or put the data into a file first");
	if (status != STATUS_OK || !direct_concerns(source))
		return status;
	diag_error(source->name, "--resume: the descriptor has O_DIRECT: open "
	    "it without, or name the file");
	return STATUS_USAGE;
}

/** True if this time was less than RECENT before the run began, or is in the
 * future. */
static bool
is_recent(const struct timespec *time)
{
	const double running = clock_seconds_since(gauge_read().began);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)(now.tv_sec - time->tv_sec) +
	    (double)(now.tv_nsec - time->tv_nsec) / 1e9 - running < RECENT;
}

/** Describe SOURCE as it was when it was opened, and what is to be moved of it:
 * from `start`.  `size` is that of a block device. */
static struct record
identify(const struct endpoint *source, int64_t start, int64_t size)
{
	const struct stat *st = &source->st;
	struct record record = { .start = start,
		.bytes = source->options->bytes };

	if (S_ISBLK(st->st_mode)) {
		record.device = st->st_rdev;
		record.size = size;
		return record;
	}
	record.device = st->st_dev;
	record.inode = st->st_ino;
	record.size = st->st_size;
	record.modified = st->st_mtim;
	record.changed = st->st_ctim;
	record.recent = is_recent(&st->st_mtim) || is_recent(&st->st_ctim);
	return record;
}

/** Return why the part is not one of this SOURCE, or NULL. */
static const char *
difference(const struct record *was, const struct record *is)
{
	if (was->damaged)
		return "its record is damaged";
	if (was->flushed == 0)
		return NULL;
	if (was->device != is->device || was->inode != is->inode)
		return "SOURCE is another file";
	if (was->start != is->start || was->bytes != is->bytes)
		return "it holds another range of SOURCE (--offset, --bytes)";
	if (was->size != is->size)
		return "SOURCE has another size";
	if (timespeccmp(&was->modified, &is->modified, !=))
		return "SOURCE was modified";
	return NULL;
}

/** True if the identity does not prove that SOURCE has the same data. */
static bool
must_compare(const struct endpoint *source, const struct record *was,
    const struct record *is)
{
	return S_ISBLK(source->st.st_mode) || was->recent ||
	    timespeccmp(&was->changed, &is->changed, !=);
}

/** The part, which is being read again. */
struct check {
	struct endpoint *source, *dest;
	int64_t start;			/* offset in SOURCE of the part */
	int64_t length;			/* bytes of the part to check */
	bool compares;			/* with SOURCE, too */
	struct digest *own;		/* for the record */
	struct digest *other;		/* of --digest, or NULL */
	unsigned char *buffer;		/* BUFFER bytes for each end */
};

/** Read `size` bytes of either end at `offset`, with the deadline of SOURCE.
 * Return how many there are, fewer only at the end of the file, or -1 with
 * errno. */
static ssize_t
read_all(struct endpoint *source, int fd, unsigned char *data, size_t size,
    int64_t offset)
{
	struct deadline *deadline = &source->deadline;
	size_t done = 0;
	ssize_t n;

	do {
		n = pread(fd, data + done, size - done,
		    offset + (int64_t)done);
		done += n > 0 ? (size_t)n : 0;
	} while (deadline_moved(deadline, n) && done < size);
	return errno == 0 ? (ssize_t)done : -1;
}

/** Read the next `size` bytes of the part, at most BUFFER, and add them to the
 * digests.  Return STATUS_OK, and set *why if they are missing, or not those of
 * SOURCE; on failure, print the reason and return the exit status. */
static enum status
check_some(struct check *check, int64_t at, size_t size, const char **why)
{
	struct endpoint *source = check->source;
	unsigned char *original = check->buffer + BUFFER;
	ssize_t n = read_all(source, check->dest->fd, check->buffer, size, at);

	if (n < 0 && (errno == EINTR || errno == ETIMEDOUT))
		return endpoint_error(check->dest, "read the part");
	if (n < (ssize_t)size) {
		*why = n < 0 ? "it cannot be read" :
		    "it is shorter than what was flushed";
		return STATUS_OK;
	}
	digest_update(check->own, check->buffer, size);
	if (check->other != NULL)
		digest_update(check->other, check->buffer, size);
	if (!check->compares)
		return STATUS_OK;
	n = read_all(source, source->fd, original, size, check->start + at);
	if (n < 0)
		return endpoint_error(source, "read");
	if (n < (ssize_t)size || memcmp(check->buffer, original, size) != 0)
		*why = "SOURCE has other data";
	return STATUS_OK;
}

/** Read the part again.  Return as check_some(). */
static enum status
check_part(struct check *check, const struct record *was, const char **why)
{
	struct digest_value value;
	enum status status;

	gauge_phase(PHASE_CHECKING);
	gauge_expect(check->length);
	deadline_begin(&check->source->deadline, check->source->options,
	    DEADLINE_NEVER);
	for (int64_t at = 0; at < check->length && *why == NULL;) {
		const size_t size = (size_t)MIN(check->length - at,
		    (int64_t)BUFFER);

		status = check_some(check, at, size, why);
		if (status != STATUS_OK)
			return status;
		at += (int64_t)size;
		gauge_moved(at);
	}
	value = digest_value(check->own);
	if (*why == NULL &&
	    memcmp(value.bytes, was->digest, RECORD_DIGEST) != 0)
		*why = "its data is not what was written";
	return STATUS_OK;
}

/** Find out how many bytes of the part can be used: record->flushed and
 * record->digest, of those that `was` counts.  Set check->own to their digest.
 * Return as check_some(). */
static enum status
find_usable(struct check *check, const struct record *was,
    struct record *record, const char **why)
{
	enum status status = STATUS_OK;

	*why = difference(was, record);
	check->start = record->start;
	check->length = *why == NULL ? was->flushed : 0;
	check->compares = must_compare(check->source, was, record);
	check->own = digest_new(DIGEST_XXH3);
	check->buffer = malloc(2 * BUFFER);
	if (check->own == NULL || check->buffer == NULL)
		status = endpoint_error(check->dest, "--resume");
	else if (check->length > 0)
		status = check_part(check, was, why);
	free(check->buffer);
	if (status == STATUS_OK && *why == NULL) {
		record->flushed = was->flushed;
		memcpy(record->digest, was->digest, RECORD_DIGEST);
	}
	return status;
}

/** Begin at the first byte, because of `why`. */
static void
start_over(struct check *check, const char *why)
{
	char name[PATH_MAX];

	part_name(check->dest, name, sizeof(name));
	diag_note("%s: starting over: %s", name, why);
	digest_restart(check->own);
	if (check->other != NULL)
		digest_restart(check->other);
}

/** Move both ends to the byte where they go on. */
static enum status
go_on(struct check *check, const struct record *record)
{
	struct endpoint *source = check->source, *dest = check->dest;
	const int64_t from = record->flushed;
	enum status status = part_begin(dest, record, check->own);

	check->own = NULL;
	if (status != STATUS_OK)
		return status;
	if (lseek(source->fd, record->start + from, SEEK_SET) < 0)
		return endpoint_error(source, "seek");
	source->resumed = dest->resumed = from;
	gauge_resumed(from);
	gauge_moved(0);
	if (from > 0)
		diag_note("%s: resuming at byte %" PRId64, dest->name, from);
	return STATUS_OK;
}

/** Do what resume() promises, when SOURCE has been looked at. */
static enum status
resume_from(struct check *check, const struct look *in)
{
	struct record record = identify(check->source, in->start, in->size);
	const struct record was = *part_record(check->dest);
	const char *why = NULL;
	enum status status = find_usable(check, &was, &record, &why);

	if (status == STATUS_OK && why != NULL)
		start_over(check, why);
	if (status == STATUS_OK)
		status = go_on(check, &record);
	digest_free(check->own);
	return status;
}

enum status
resume(struct endpoint *source, struct endpoint *dest, struct cache *cache,
    struct digest *digest)
{
	struct check check = { .source = source, .dest = dest,
		.other = digest };
	struct look in;
	struct stat st;
	enum status status;

	if (dest->part == NULL)
		return STATUS_OK;
	if (fstat(dest->fd, &st) == 0 &&
	    endpoint_same_inode(&st, &source->st)) {
		diag_error(dest->name, "write: SOURCE is the part of it: "
		    "rename SOURCE first");
		part_leave(dest);
		return STATUS_DEST;
	}
	look_open(&in, source);
	if (in.start < 0)
		return endpoint_error(source, "--resume: seek");
	status = cache_begin(cache, dest, 0);
	return status != STATUS_OK ? status : resume_from(&check, &in);
}

enum status
resume_explain(const struct endpoint *source, const struct look *in,
    const struct endpoint *dest)
{
	const struct record is = identify(source, in->start, in->size);
	struct location location;
	struct record was;
	const char *why = NULL;
	enum status status;

	if (!source->options->resume)
		return STATUS_OK;
	if (location_find(&location, dest->path) < 0)
		return endpoint_error(dest, "create");
	status = part_look(dest, &location, &was);
	location_close(&location);
	if (status != STATUS_OK)
		return status;
	why = difference(&was, &is);
	printf("%-13s", "resume");
	if (why != NULL)
		printf("no, starts over: %s\n", why);
	else if (was.flushed == 0)
		printf("no: there is no part\n");
	else
		printf("at byte %" PRId64 ", if the part %s what was "
		    "written\n", was.flushed,
		    must_compare(source, &was, &is) ? "and SOURCE have" :
		    "has");
	return STATUS_OK;
}
