#include "config.h"

#include "transfer.h"

#include <signal.h>
#include <stdlib.h>

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../base/signals.h"
#include "../endpoint/allocate.h"
#include "../endpoint/look.h"
#include "../endpoint/part.h"
#include "../endpoint/twins.h"
#include "../system/attributes.h"
#include "../zcopy.h"
#include "buffering.h"
#include "commit.h"
#include "direct.h"
#include "fit.h"
#include "mover.h"
#include "resume.h"
#include "skip.h"
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
	/* Not those of a kernel file (procfs, sysfs): they say who may ask the
	 * kernel, not who may read the answer. */
	const bool counts = endpoint_has(source, ENDPOINT_PATH) &&
	    endpoint_kind(source) == ZC_REGULAR;
	mode_t mode = 0;

	FOR_EACH_DEST(dest, &transfer->ends) {
		if (dest->end.options->preserve) {
			dest->end.preserved = &transfer->preserved;
			dest->end.mode = S_IRUSR | S_IWUSR;
			continue;
		}
		if (!counts || !endpoint_has(&dest->end, ENDPOINT_PATH))
			continue;
		if (mode == 0)
			mode = attributes_for_copy(source->fd, source->name);
		dest->end.mode = mode;
	}
	return source->options->preserve ?
	    preserve_read(&transfer->preserved, source) : STATUS_OK;
}

static enum status
open_dest(struct ends *ends, struct dest *dest, void *arg)
{
	(void)arg;
	return ends_end_step(ends, dest, endpoint_open(ends_begin_step(dest)));
}

/** Open SOURCE first, because destinations get attributes of it; with --user as
 * root. */
static enum status
open_all(struct transfer *transfer)
{
	struct ends *ends = &transfer->ends;
	enum status status = endpoint_open(&ends->source);

	if (status != STATUS_OK)
		return status;
	status = read_attributes(transfer);
	return status != STATUS_OK ? status :
	    ends_open_dests(ends, open_dest, NULL);
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

/** Check that a destination with O_DIRECT can take what is moved from SOURCE;
 * otherwise save the system calls that look at it. */
static enum status
check_direct(const struct endpoint *dest, const struct look *in)
{
	struct look out;

	if (!direct_concerns(dest))
		return STATUS_OK;
	look_open(&out, dest);
	return direct_check_dest(dest, &out, in);
}

/** Find out how much SOURCE, which is at its first byte, will move, and check
 * that all ends can take that. */
static enum status
look_at_all(struct ends *ends)
{
	struct endpoint *source = &ends->source;
	struct look in;
	enum status status;

	look_open(&in, source);
	look_expect(source, &in);
	status = direct_check_source(source, &in);
	if (status != STATUS_OK)
		return status;
	FOR_EACH_DEST(dest, ends) {
		allocate_plan(&dest->end, source, &in);
		status = ends_end_step(ends, dest,
		    check_direct(ends_begin_step(dest), &in));
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/** Find out where a destination goes on, and wait for its other side. */
static enum status
ready_dest(struct transfer *transfer, struct dest *dest)
{
	struct endpoint *end = ends_begin_step(dest);
	enum status status = resume(&transfer->ends.source, end,
	    &dest->cache, transfer->digesting.digest);

	return status != STATUS_OK ? status : endpoint_ready(end);
}

/* SOURCE comes first: if it has nothing to send, destinations are not
 * connected. */
enum status
transfer_ready(struct transfer *transfer)
{
	struct ends *ends = &transfer->ends;
	enum status status = ready_source(transfer);

	if (status != STATUS_OK)
		return status;
	FOR_EACH_DEST(dest, ends) {
		status = ends_end_step(ends, dest, ready_dest(transfer, dest));
		if (status != STATUS_OK)
			return status;
	}
	return look_at_all(ends);
}

/** Parse the name of one more destination.  If there are several, each has
 * options of its own, of which fit_options() resets those that do not fit. */
static enum status
parse_dest(struct ends *ends, const char *name, const struct options *options)
{
	struct dest *dest = &ends->dest[ends->count++];

	*dest = (struct dest){ .options = *options,
		.result = ZC_RESULT_INIT };
	return endpoint_parse(&dest->end, name, ROLE_DEST,
	    options->also.count > 0 ? &dest->options : options);
}

static enum status
parse_names(struct ends *ends, const struct options *options)
{
	enum status status;

	status = endpoint_parse(&ends->source, options->source, ROLE_SOURCE,
	    options);
	if (status != STATUS_OK)
		return status;
	status = parse_dest(ends, options->dest, options);
	for (size_t i = 0; i < options->also.count && status == STATUS_OK; i++)
		status = parse_dest(ends, options->also.name[i], options);
	return status;
}

/** Check that no destination is named twice. */
static enum status
check_twins(struct ends *ends)
{
	enum status status = STATUS_OK;

	FOR_EACH_DEST(dest, ends)
		for (struct dest *other = ends->dest; other < dest &&
		    status == STATUS_OK; other++)
			status = twins_check(&other->end, &dest->end);
	return status;
}

enum status
transfer_parse(struct transfer *transfer, const struct options *options)
{
	struct ends *ends = &transfer->ends;
	enum status status;

	/* Not all of it: clearing room for 32 destinations and an access list
	 * takes 30 page faults. */
	ends->source = (struct endpoint){ .fd = -1 };
	ends->count = 0;
	ends->failed = NULL;
	transfer->hdtr = (struct zc_hdtr){ 0 };
	transfer->cache = (struct cache){ 0 };
	transfer->digesting = (struct digesting){ 0 };
	status = parse_names(ends, options);
	if (status != STATUS_OK)
		return status;
	status = wrapping_check(options);
	if (status != STATUS_OK)
		return status;
	status = buffering_check(options);
	if (status != STATUS_OK)
		return status;
	status = deadline_check(options);
	if (status != STATUS_OK)
		return status;
	status = fit_options(ends);
	if (status != STATUS_OK)
		return status;
	status = preserve_check(&ends->source);
	if (status != STATUS_OK)
		return status;
	status = resume_check(&ends->source, &ends->dest->end);
	if (status != STATUS_OK)
		return status;
	return check_twins(ends);
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
	return open_all(transfer);
}

/** If this status says that what was moved is wrong, and not only that it could
 * not be checked, no later run is to go on from there. */
static void
discard_parts(struct ends *ends, enum status status)
{
	if (status != STATUS_INCOMPLETE && status != STATUS_CHANGED &&
	    status != STATUS_DIGEST)
		return;
	FOR_EACH_DEST(dest, ends)
		if (dest->end.part != NULL)
			part_discard(&dest->end);
}

enum status
transfer_move(struct transfer *transfer, struct moved *moved)
{
	struct ends *ends = &transfer->ends;
	const struct watch *watch = &transfer->watch;
	enum status status;

	watch_begin(&transfer->watch, ends);
	*moved = (struct moved){ .result = ZC_RESULT_INIT };
	status = digesting_begin(&transfer->digesting, &ends->source, watch->on,
	    ends_have_file(ends));
	if (status != STATUS_OK)
		return status;
	status = move(ends, &transfer->hdtr, watch, &transfer->cache,
	    &transfer->digesting, moved);
	if (status != STATUS_OK)
		return status;
	status = mover_approve(ends, watch, &transfer->digesting,
	    moved->result.bytes);
	if (status == STATUS_OK)
		watch_note(watch);
	else
		discard_parts(ends, status);
	return status;
}

enum status
transfer_commit(struct transfer *transfer)
{
	enum status status = commit_all(&transfer->ends);

	if (status != STATUS_OK)
		return status;
	/* The destinations have let go of SOURCE's pages. */
	(void)cache_end(&transfer->cache);
	/* The last step confirms the data to a sender: make it only if all are
	 * complete. */
	if (transfer->ends.failed != NULL)
		return transfer->ends.failed->status;
	return endpoint_commit(&transfer->ends.source);
}

void
transfer_close(struct transfer *transfer)
{
	struct ends *ends = &transfer->ends;

	for (size_t i = 0; i < ends->count; i++) {
		ends_abort_dest(&ends->dest[i]);
		free(ends->dest[i].error);
		ends->dest[i].error = NULL;
	}
	(void)cache_end(&transfer->cache);
	endpoint_abort(&ends->source);
	digesting_close(&transfer->digesting);
	wrapping_free(&transfer->hdtr);
	/* The other destinations have ended: die by SIGPIPE now. */
	if (ends->failed != NULL && ends->failed->broken)
		signals_catch(SIGPIPE);
}
