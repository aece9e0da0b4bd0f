#include "config.h"

#include "transfer.h"

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../endpoint/look.h"
#include "../report/verbose.h"
#include "../system/attributes.h"
#include "../zcopy.h"
#include "direct.h"
#include "explain.h"
#include "skip.h"
#include "tally.h"
#include "verdict.h"
#include "watch.h"
#include "wrapping.h"

static enum status
open_both(struct endpoint *source, struct endpoint *dest)
{
	enum status status = endpoint_open(source);

	/* The mode of a kernel file (procfs, sysfs) says who may ask the
	 * kernel, which is no reason to hide the answer. */
	if (status == STATUS_OK && (source->type->traits & ENDPOINT_PATH) &&
	    zc_kind_of(source->fd) == ZC_REGULAR)
		dest->mode = attributes_for_copy(source->fd, source->name);
	if (status == STATUS_OK)
		status = endpoint_open(dest);
	return status != STATUS_OK ? status :
	    endpoint_check_distinct(source, dest);
}

/** Look at ends that are open only if one of them has O_DIRECT. */
static enum status
check_direct(const struct endpoint *source, const struct endpoint *dest)
{
	struct look in, out;

	if (!direct_concerns(source) && !direct_concerns(dest))
		return STATUS_OK;
	look_open(&in, source->fd);
	look_open(&out, dest->fd);
	return direct_check(source, &in, dest, &out);
}

static enum status
ready_both(struct endpoint *source, struct endpoint *dest)
{
	enum status status = endpoint_ready(source);

	if (status == STATUS_OK && source->empty &&
	    !source->options->allow_short) {
		diag_error(source->name, "read: the peer closed without "
		    "sending anything %s", tally(dest, 0, -1).text);
		status = STATUS_INCOMPLETE;
	}
	if (status == STATUS_OK)
		status = skip_source(source, dest);
	if (status == STATUS_OK)
		status = endpoint_ready(dest);
	if (status == STATUS_OK)
		status = check_direct(source, dest);
	return status;
}

static enum status
parse_both(struct endpoint *source, struct endpoint *dest,
    const struct options *options)
{
	enum status status;

	status = endpoint_parse(source, options->source, ROLE_SOURCE, options);
	if (status == STATUS_OK)
		status = endpoint_parse(dest, options->dest, ROLE_DEST,
		    options);
	if (status == STATUS_OK)
		status = wrapping_check(options);
	if (status == STATUS_OK)
		status = deadline_check(options);
	if (status == STATUS_OK)
		status = endpoint_check_fit(source, dest);
	return status;
}

enum status
transfer_parse(struct transfer *transfer, const struct options *options)
{
	*transfer = (struct transfer){ .source = { .fd = -1 },
	    .dest = { .fd = -1 } };
	return parse_both(&transfer->source, &transfer->dest, options);
}

enum status
transfer_open(struct transfer *transfer)
{
	struct endpoint *source = &transfer->source, *dest = &transfer->dest;
	enum status status = wrapping_read(&transfer->hdtr, source->options);

	if (status == STATUS_OK)
		status = open_both(source, dest);
	if (status == STATUS_OK)
		status = ready_both(source, dest);
	return status;
}

enum status
transfer_move(struct transfer *transfer, struct moved *moved)
{
	struct endpoint *source = &transfer->source, *dest = &transfer->dest;
	struct watch watch;
	enum status status;

	watch_begin(&watch, source, dest);
	status = move(source, dest, &transfer->hdtr, &watch, moved);
	if (status == STATUS_OK)
		status = watch_check(&watch, source, dest, moved->result.bytes);
	if (status == STATUS_OK)
		watch_note(&watch, source);
	return status;
}

enum status
transfer_commit(struct transfer *transfer)
{
	enum status status = endpoint_commit(&transfer->dest);

	/* Only now may a sender in front of us hear that all is well. */
	if (status == STATUS_OK)
		status = endpoint_commit(&transfer->source);
	return status;
}

void
transfer_close(struct transfer *transfer)
{
	endpoint_abort(&transfer->dest);
	endpoint_abort(&transfer->source);
	wrapping_free(&transfer->hdtr);
}

static enum status
run(struct transfer *transfer)
{
	const struct endpoint *dest = &transfer->dest;
	struct moved moved;
	enum status status = transfer_open(transfer);

	if (status == STATUS_OK) {
		status = transfer_move(transfer, &moved);
		if (moved.result.outcome == ZC_UNSUITED)
			status = verdict(&moved.result, &transfer->source,
			    dest);
	}
	if (status == STATUS_OK)
		status = transfer_commit(transfer);
	if (status == STATUS_OK && dest->confirmed != NULL)
		diag_verbose("confirmed: %s", dest->confirmed);
	if (status == STATUS_OK)
		verbose_done(&moved.result, moved.seconds);
	return status;
}

enum status
transfer(const struct options *options)
{
	struct transfer transfer;
	enum status status = transfer_parse(&transfer, options);

	if (status != STATUS_OK)
		return status;
	if (options->action == ACTION_EXPLAIN)
		return explain(&transfer.source, &transfer.dest);
	status = run(&transfer);
	transfer_close(&transfer);
	return status;
}
