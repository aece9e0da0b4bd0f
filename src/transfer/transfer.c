#include "config.h"

#include "transfer.h"

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../base/signals.h"
#include "../endpoint/allocate.h"
#include "../endpoint/look.h"
#include "../endpoint/part.h"
#include "../system/attributes.h"
#include "../zcopy.h"
#include "direct.h"
#include "resume.h"
#include "skip.h"
#include "sparse.h"
#include "tally.h"
#include "watch.h"
#include "wrapping.h"

/** Find out what destinations get of the attributes of SOURCE, which is open:
 * with --preserve all, at the end; otherwise its permission bits, if they are
 * new. */
static enum status
read_attributes(struct transfer *transfer)
{
	struct endpoint *source = &transfer->ends.source;
	mode_t mode;

	if (source->options->preserve) {
		FOR_EACH_DEST(dest, &transfer->ends) {
			dest->end.preserved = &transfer->preserved;
			dest->end.mode = S_IRUSR | S_IWUSR;
		}
		return preserve_read(&transfer->preserved, source);
	}
	/* Not those of a kernel file (procfs, sysfs): they say who may ask the
	 * kernel, not who may read the answer. */
	if (!endpoint_has(source, ENDPOINT_PATH) ||
	    zc_kind_of(source->fd) != ZC_REGULAR)
		return STATUS_OK;
	mode = attributes_for_copy(source->fd, source->name);
	FOR_EACH_DEST(dest, &transfer->ends)
		dest->end.mode = mode;
	return STATUS_OK;
}

static enum status
open_dest(struct transfer *transfer, struct dest *dest)
{
	enum status status = endpoint_open(&dest->end);

	if (status != STATUS_OK)
		return status;
	return endpoint_check_distinct(&transfer->ends.source, &dest->end);
}

/** Open SOURCE first, because destinations get attributes of it. */
static enum status
open_all(struct transfer *transfer)
{
	enum status status = endpoint_open(&transfer->ends.source);

	if (status != STATUS_OK)
		return status;
	status = read_attributes(transfer);
	if (status != STATUS_OK)
		return status;
	FOR_EACH_DEST(dest, &transfer->ends) {
		status = open_dest(transfer, dest);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/** Wait for the other side of SOURCE, and go to its first byte. */
static enum status
ready_source(struct transfer *transfer)
{
	struct endpoint *source = &transfer->ends.source;
	enum status status = endpoint_ready(source);

	if (status != STATUS_OK)
		return status;
	if (source->empty && !source->options->allow_short) {
		diag_error(source->name, "read: the peer closed without "
		    "sending anything %s",
		    tally(&transfer->ends, 0, -1).text);
		return STATUS_INCOMPLETE;
	}
	status = cache_begin(&transfer->cache, source, source->options->offset);
	if (status != STATUS_OK)
		return status;
	return skip_source(&transfer->ends);
}

/** Find out where a destination goes on, and wait for its other side. */
static enum status
ready_dest(struct transfer *transfer, struct dest *dest)
{
	enum status status = resume(&transfer->ends.source, &dest->end,
	    &dest->cache, transfer->digesting.digest);

	return status != STATUS_OK ? status : endpoint_ready(&dest->end);
}

/** Find out how much SOURCE, which is at its first byte, will move, and check
 * that ends with O_DIRECT can take that.  Without O_DIRECT save the system
 * calls that look at destinations. */
static enum status
look_at_all(struct ends *ends)
{
	struct endpoint *source = &ends->source;
	struct look in, out;
	enum status status;

	look_open(&in, source->fd);
	look_expect(source, &in);
	status = direct_check_source(source, &in);
	if (status != STATUS_OK)
		return status;
	FOR_EACH_DEST(dest, ends) {
		allocate_plan(&dest->end, source, &in);
		if (!direct_concerns(&dest->end))
			continue;
		look_open(&out, dest->end.fd);
		status = direct_check_dest(&dest->end, &out, &in);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/** Wait for all sides, SOURCE first: if it has nothing to send, destinations
 * are not connected. */
static enum status
ready_all(struct transfer *transfer)
{
	enum status status = ready_source(transfer);

	if (status != STATUS_OK)
		return status;
	FOR_EACH_DEST(dest, &transfer->ends) {
		status = ready_dest(transfer, dest);
		if (status != STATUS_OK)
			return status;
	}
	return look_at_all(&transfer->ends);
}

/** Parse the name of one more destination. */
static enum status
parse_dest(struct ends *ends, const char *name, const struct options *options)
{
	struct dest *dest = &ends->dest[ends->count++];

	dest->result = (struct zc_result)ZC_RESULT_INIT;
	return endpoint_parse(&dest->end, name, ROLE_DEST, options);
}

enum status
transfer_parse(struct transfer *transfer, const struct options *options)
{
	struct ends *ends = &transfer->ends;
	struct endpoint *source = &ends->source, *dest = &ends->dest->end;
	enum status status;

	*transfer = (struct transfer){ .ends = { .source = { .fd = -1 } } };
	status = endpoint_parse(source, options->source, ROLE_SOURCE, options);
	if (status != STATUS_OK)
		return status;
	status = parse_dest(ends, options->dest, options);
	if (status != STATUS_OK)
		return status;
	status = wrapping_check(options);
	if (status != STATUS_OK)
		return status;
	status = deadline_check(options);
	if (status != STATUS_OK)
		return status;
	status = endpoint_check_fit(source, dest);
	if (status != STATUS_OK)
		return status;
	status = preserve_check(source, dest);
	if (status != STATUS_OK)
		return status;
	status = resume_check(source, dest);
	if (status != STATUS_OK)
		return status;
	return sparse_check(dest);
}

enum status
transfer_open(struct transfer *transfer)
{
	enum status status = wrapping_read(&transfer->hdtr,
	    transfer->ends.source.options);

	if (status != STATUS_OK)
		return status;
	status = digesting_open(&transfer->digesting,
	    transfer->ends.source.options);
	if (status != STATUS_OK)
		return status;
	status = open_all(transfer);
	if (status != STATUS_OK)
		return status;
	return ready_all(transfer);
}

/** True if a destination is a regular file. */
static bool
has_file(struct ends *ends)
{
	FOR_EACH_DEST(dest, ends)
		if (zc_kind_of(dest->end.fd) == ZC_REGULAR)
			return true;
	return false;
}

/** What was moved is wrong: no later run is to go on from there. */
static void
discard_parts(struct ends *ends)
{
	FOR_EACH_DEST(dest, ends)
		if (dest->end.part != NULL)
			part_discard(&dest->end);
}

enum status
transfer_move(struct transfer *transfer, struct moved *moved)
{
	struct ends *ends = &transfer->ends;
	struct watch watch;
	enum status status;

	watch_begin(&watch, ends);
	*moved = (struct moved){ .result = ZC_RESULT_INIT };
	status = digesting_begin(&transfer->digesting, &ends->source, watch.on,
	    has_file(ends));
	if (status != STATUS_OK)
		return status;
	status = move(ends, &transfer->hdtr, &watch, &transfer->cache,
	    &transfer->digesting, moved);
	if (status != STATUS_OK)
		return status;
	status = watch_check(&watch, ends, moved->result.bytes);
	if (status == STATUS_OK)
		status = digesting_finish(&transfer->digesting, ends,
		    moved->result.bytes);
	if (status == STATUS_OK)
		watch_note(&watch, &ends->source);
	else if (signals_caught() == 0)
		discard_parts(ends);
	return status;
}

static enum status
commit_dest(struct dest *dest)
{
	enum status status = cache_end(&dest->cache);

	if (status != STATUS_OK)
		return status;
	status = endpoint_finish(&dest->end);
	return status != STATUS_OK ? status : endpoint_commit(&dest->end);
}

enum status
transfer_commit(struct transfer *transfer)
{
	enum status status;

	FOR_EACH_DEST(dest, &transfer->ends) {
		status = commit_dest(dest);
		if (status != STATUS_OK)
			return status;
	}
	/* The destinations have let go of SOURCE's pages. */
	(void)cache_end(&transfer->cache);
	/* This confirms the data to a sender, so all must be complete. */
	return endpoint_commit(&transfer->ends.source);
}

void
transfer_close(struct transfer *transfer)
{
	FOR_EACH_DEST(dest, &transfer->ends) {
		(void)cache_end(&dest->cache);
		endpoint_abort(&dest->end);
	}
	(void)cache_end(&transfer->cache);
	endpoint_abort(&transfer->ends.source);
	digesting_close(&transfer->digesting);
	wrapping_free(&transfer->hdtr);
}
