#include "config.h"

#include "buffering.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/minmax.h"
#include "direct.h"
#include "tally.h"

/* A pipe holds one piece of what a socket has received for each of its pages:
 * from Ethernet 400 to 1500 bytes.  A queue holds half of its size even then,
 * and takes memory only for what is in it. */
#define SOCKET_FACTOR	2

enum status
buffering_check(const struct options *options)
{
	int64_t memory;

	if (options->buffer == 0)
		return STATUS_OK;
	memory = sysconf(_SC_PHYS_PAGES);
	memory *= sysconf(_SC_PAGESIZE);
	if (memory <= 0 || options->buffer <= memory)
		return STATUS_OK;
	diag_error("--buffer", "%" PRId64 " bytes are more than this machine "
	    "has in memory (%" PRId64 ")", options->buffer, memory);
	return STATUS_OTHER;
}

/** True if the bytes of SOURCE stay in the page cache once they were read.  Not
 * if a second read(2) may ask a server again (FUSE, CIFS) or a cache outside it
 * (ZFS).  Nor if both ends are files and the kernel may copy without reading;
 * ext4 and tmpfs always read. */
static bool
is_cached(const struct endpoint *source, bool to_file)
{
	switch (look_filesystem(source)) {
	case FILESYSTEM_EXT4:
	case FILESYSTEM_MEMORY:
		return true;
	case FILESYSTEM_BTRFS:
	case FILESYSTEM_XFS:
	case FILESYSTEM_CACHED:
		return !to_file;
	default:
		return false;
	}
}

/** True if SOURCE's own pages can be the buffer, and may stay in memory until
 * all destinations have let go of them. */
static bool
has_pages(const struct endpoint *source, const struct look *in, bool to_file)
{
	const struct options *options = source->options;

	if (in->start < 0 || (in->flags & O_DIRECT) || options->no_disk_io ||
	    options->no_cache)
		return false;
	return in->kind == ZC_BLOCK || (in->kind == ZC_REGULAR &&
	    is_cached(source, to_file));
}

/** Return the size of a queue of pipes that holds options->buffer bytes of
 * SOURCE.  0: --method cannot read from a pipe, or SOURCE is neither a pipe nor
 * a socket, for which the queue gains nothing.
 *
 * From a pipe to a pipe it takes 1/4 of the file's CPU time (512 MiB from cat
 * to dd, Linux 6.18), from TCP 1/7. */
static int64_t
queue_size(const struct options *options, enum zc_kind source)
{
	if (options->method != ZC_AUTO && options->method != ZC_SPLICE &&
	    options->method != ZC_READ_WRITE)
		return 0;
	if (source == ZC_SOCKET)
		return options->buffer > INT64_MAX / SOCKET_FACTOR ? 0 :
		    options->buffer * SOCKET_FACTOR;
	return source == ZC_PIPE ? options->buffer : 0;
}

/** Return the number of bytes, a power of two, of which the destinations take
 * multiples (O_DIRECT). */
static int64_t
block_of_dests(struct ends *ends)
{
	int64_t block = 1;

	FOR_EACH_DEST(dest, ends)
		block = max64(block, direct_least(&dest->end));
	return block;
}

/** Choose the best form for this SOURCE that is possible here.  Pipes may be
 * full of small pieces before they hold a block that a destination takes. */
static struct buffer_store
choose_store(struct ends *ends, const struct look *in, bool to_file)
{
	const struct endpoint *source = &ends->source;
	const int64_t queue = queue_size(source->options, in->kind);
	struct buffer_store store = BUFFER_STORE_INIT;

	if (has_pages(source, in, to_file))
		(void)buffer_store_in_pages(&store);
	else if (queue > 0 && block_of_dests(ends) == 1)
		(void)buffer_store_in_pipes(&store, queue);
	return store;
}

enum buffer_form
buffering_form(struct ends *ends, const struct look *in, bool to_file)
{
	struct buffer_store store = choose_store(ends, in, to_file);

	buffer_store_close(&store);
	return store.form;
}

unsigned
buffering_flags(unsigned flags)
{
	/* What is in the buffer is a copy in memory, and its holes are what has
	 * not been read yet. */
	return ZC_READ_HOLES | (flags & ~(unsigned)(ZC_STABLE | ZC_NODISKIO |
	    ZC_KEEP_HOLES | ZC_DONT_CACHE));
}

enum status
buffering_open(struct mover *mover)
{
	const struct endpoint *source = &mover->ends->source;
	struct buffer_plan plan = { .store = BUFFER_STORE_INIT,
		.size = mover->options->buffer, .expected = source->expected };
	struct look in;

	if (plan.size == 0)
		return STATUS_OK;
	look_open(&in, source);
	plan.start = max64(in.start, 0);
	plan.block_in = direct_least(source);
	plan.block_out = block_of_dests(mover->ends);
	plan.store = choose_store(mover->ends, &in,
	    ends_have_file(mover->ends));
	mover->indirect = plan.store.form != BUFFER_PAGES;
	mover->first = plan.start;
	return buffer_open(&mover->buffer, &plan);
}

void
buffering_request(const struct mover *mover, struct zc_request *request)
{
	if (mover->buffer == NULL || !mover->indirect)
		return;
	request->in_fd = buffer_fd(mover->buffer);
	if (zc_kind_of(request->in_fd) != ZC_PIPE)
		request->offset = mover->first;
	request->flags = buffering_flags(request->flags);
}

/** Return the flags of the filler's job.  What only brings pages into the cache
 * reads no holes. */
static unsigned
filler_flags(const struct mover *mover, unsigned flags)
{
	const unsigned kept = ZC_EXACT | ZC_NODISKIO | ZC_DONT_CACHE;

	if (!mover->indirect)
		return ZC_KEEP_HOLES;
	return (flags & kept) | ZC_FILL_HOLES;
}

enum status
buffering_start(struct mover *mover, unsigned flags)
{
	const struct endpoint *source = &mover->ends->source;

	if (mover->buffer == NULL)
		return STATUS_OK;
	mover->filler = filler_start(source, mover->buffer, mover->first,
	    filler_flags(mover, flags));
	if (mover->filler != NULL)
		return STATUS_OK;
	diag_errno("--buffer", "start a thread");
	return STATUS_OTHER;
}

int64_t
buffering_allow(const struct mover *mover, int64_t bytes)
{
	int64_t ahead = mover->first, have;
	struct zc_result filled;

	for (size_t i = 0; i < mover->sinks.count; i++)
		if (mover->sinks.dest[i]->status == STATUS_OK)
			ahead = MAX(ahead, mover->read[i]);
	have = buffer_have(mover->buffer, ahead);
	/* Reading SOURCE itself, the job finds its end, or why it fails. */
	if (have < INT64_MAX || !mover->indirect)
		return MIN(bytes, have);
	filled = filler_result(mover->filler);
	have = mover->first + filled.bytes - ahead;
	if (have > 0 || filled.outcome == ZC_DONE || filled.outcome == ZC_SHORT)
		return have > 0 ? MIN(bytes, have) : bytes;
	errno = filled.error == EINTR ? EIO : filled.error;
	return -1;
}

/** Return the most bytes of data that a destination has got, and in *complete
 * whether one has got all. */
static int64_t
most_delivered(const struct mover *mover, bool *complete)
{
	int64_t most = 0;

	*complete = false;
	for (size_t i = 0; i < mover->sinks.count; i++) {
		const struct zc_result *result =
		    zc_job_sink(mover->sinks.job, i);

		most = MAX(most, result->bytes);
		*complete |= result->outcome == ZC_DONE ||
		    result->outcome == ZC_SHORT;
	}
	return most;
}

void
buffering_end(struct mover *mover)
{
	struct filler *filler = mover->filler;
	bool complete;
	int64_t most;

	if (filler == NULL)
		return;
	most = most_delivered(mover, &complete);
	mover->filled = filler_result(filler);
	mover->filler = NULL;
	if (!filler_end(filler, !complete || !mover->indirect,
	    &mover->filled))
		return;			/* it uses SOURCE still */
	mover->buffer_error = buffer_error(mover->buffer);
	buffer_close(mover->buffer);
	mover->buffer = NULL;
	if (!mover->indirect)
		return;
	/* --no-cache drops all that was read: the buffer may be large. */
	(void)cache_follow(mover->cache, mover->first + mover->filled.bytes);
	if (lseek(mover->ends->source.fd, 0, SEEK_CUR) < 0)
		mover->lost = mover->filled.lost +
		    (complete ? 0 : mover->filled.bytes - most);
	else if (!complete)
		(void)lseek(mover->ends->source.fd, mover->first +
		    zc_job_result(mover->sinks.job)->bytes, SEEK_SET);
}

enum status
buffering_check_end(const struct mover *mover)
{
	errno = mover->buffer != NULL ? buffer_error(mover->buffer) :
	    mover->buffer_error;
	if (errno == 0)
		return STATUS_OK;
	diag_errno("--buffer", "splice");
	return STATUS_OTHER;
}

enum status
buffering_confirm(const struct mover *mover, int64_t bytes)
{
	const enum status status = buffering_check_end(mover);

	if (status != STATUS_OK)
		return status;
	if (!mover->indirect || mover->filled.bytes == bytes)
		return STATUS_OK;
	diag_error("--buffer", "%" PRId64 " bytes of SOURCE went into the "
	    "buffer, but %" PRId64 " have come out", mover->filled.bytes,
	    bytes);
	return STATUS_OTHER;
}

/** Return what became of SOURCE, as far as it is known. */
static struct zc_result
filler_outcome(const struct mover *mover)
{
	return mover->filler != NULL ? filler_result(mover->filler) :
	    mover->filled;
}

/** True if the filler has failed by itself, and was not ended. */
static bool
has_failed(const struct zc_result *filled)
{
	return filled->outcome != ZC_UNFINISHED && filled->outcome != ZC_DONE &&
	    filled->outcome != ZC_STOPPED && filled->error != ECANCELED;
}

enum status
buffering_ask(const struct mover *mover, const struct zc_result *result)
{
	const bool ended = result->outcome == ZC_SHORT;
	struct zc_result filled;
	enum status status;
	bool writing;

	if (!mover->indirect || (!ended && (result->outcome != ZC_FAILED ||
	    result->side != ZC_SOURCE)))
		return STATUS_OK;
	status = buffering_check_end(mover);
	if (status != STATUS_OK || ended)
		return status;
	filled = filler_outcome(mover);
	writing = has_failed(&filled);
	if (writing && filled.side != ZC_SINK)
		return STATUS_OK;
	diag_error("--buffer", "%s: %s %s", writing ? "write" : "read",
	    strerror(writing ? filled.error : result->error),
	    tally_result(result, mover->ends).text);
	return STATUS_OTHER;
}

void
buffering_correct(const struct mover *mover, struct zc_result *result)
{
	struct zc_result filled;

	if (!mover->indirect)
		return;
	filled = filler_outcome(mover);
	if (result->outcome != ZC_DONE)
		result->lost = mover->lost;
	if (result->outcome != ZC_FAILED || result->side != ZC_SOURCE ||
	    !has_failed(&filled))
		return;
	result->outcome = filled.outcome;
	result->error = filled.error;
	result->reason = filled.reason;
	result->method = filled.method;
}
