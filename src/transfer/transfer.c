#include "config.h"

#include "transfer.h"

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../endpoint/allocate.h"
#include "../endpoint/look.h"
#include "../report/verbose.h"
#include "../system/attributes.h"
#include "../zcopy.h"
#include "direct.h"
#include "explain.h"
#include "skip.h"
#include "sparse.h"
#include "tally.h"
#include "verdict.h"
#include "watch.h"
#include "wrapping.h"

/** Find out what DEST gets of the attributes of SOURCE, which is open: with
 * --preserve all, at the end; otherwise its permission bits if DEST is new. */
static enum status
read_attributes(struct transfer *transfer)
{
	struct endpoint *source = &transfer->source, *dest = &transfer->dest;

	if (source->options->preserve) {
		dest->preserved = &transfer->preserved;
		dest->mode = S_IRUSR | S_IWUSR;
		return preserve_read(&transfer->preserved, source);
	}
	/* Not those of a kernel file (procfs, sysfs): they say who may ask the
	 * kernel, not who may read the answer. */
	if (endpoint_has(source, ENDPOINT_PATH) &&
	    zc_kind_of(source->fd) == ZC_REGULAR)
		dest->mode = attributes_for_copy(source->fd, source->name);
	return STATUS_OK;
}

/** Open SOURCE first, because DEST gets attributes of it. */
static enum status
open_both(struct transfer *transfer)
{
	struct endpoint *source = &transfer->source, *dest = &transfer->dest;
	enum status status = endpoint_open(source);

	if (status != STATUS_OK)
		return status;
	status = read_attributes(transfer);
	if (status != STATUS_OK)
		return status;
	status = endpoint_open(dest);
	if (status != STATUS_OK)
		return status;
	return endpoint_check_distinct(source, dest);
}

/** Call direct_check() for two open ends.  Without O_DIRECT save the system
 * calls that look at them. */
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

/** Wait for both sides, SOURCE first: if it has nothing to send, DEST is not
 * connected. */
static enum status
ready_both(struct endpoint *source, struct endpoint *dest)
{
	enum status status = endpoint_ready(source);

	if (status != STATUS_OK)
		return status;
	if (source->empty && !source->options->allow_short) {
		diag_error(source->name, "read: the peer closed without "
		    "sending anything %s", tally(dest, 0, -1).text);
		return STATUS_INCOMPLETE;
	}
	status = skip_source(source, dest);
	if (status != STATUS_OK)
		return status;
	status = endpoint_ready(dest);
	if (status != STATUS_OK)
		return status;
	allocate_expect(dest, source);
	return check_direct(source, dest);
}

enum status
transfer_parse(struct transfer *transfer, const struct options *options)
{
	struct endpoint *source = &transfer->source, *dest = &transfer->dest;
	enum status status;

	*transfer = (struct transfer){ .source = { .fd = -1 },
	    .dest = { .fd = -1 } };
	status = endpoint_parse(source, options->source, ROLE_SOURCE, options);
	if (status != STATUS_OK)
		return status;
	status = endpoint_parse(dest, options->dest, ROLE_DEST, options);
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
	return sparse_check(dest);
}

enum status
transfer_open(struct transfer *transfer)
{
	struct endpoint *source = &transfer->source, *dest = &transfer->dest;
	enum status status = wrapping_read(&transfer->hdtr, source->options);

	if (status != STATUS_OK)
		return status;
	status = open_both(transfer);
	if (status != STATUS_OK)
		return status;
	return ready_both(source, dest);
}

enum status
transfer_move(struct transfer *transfer, struct moved *moved)
{
	struct endpoint *source = &transfer->source, *dest = &transfer->dest;
	struct watch watch;
	enum status status;

	watch_begin(&watch, source, dest);
	status = move(source, dest, &transfer->hdtr, &watch, moved);
	if (status != STATUS_OK)
		return status;
	status = watch_check(&watch, source, dest, moved->result.bytes);
	if (status != STATUS_OK)
		return status;
	watch_note(&watch, source);
	return STATUS_OK;
}

enum status
transfer_commit(struct transfer *transfer)
{
	enum status status = endpoint_commit(&transfer->dest);

	if (status != STATUS_OK)
		return status;
	/* This confirms the data to a sender, so DEST must be complete. */
	return endpoint_commit(&transfer->source);
}

void
transfer_close(struct transfer *transfer)
{
	endpoint_abort(&transfer->dest);
	endpoint_abort(&transfer->source);
	wrapping_free(&transfer->hdtr);
}

/** Open, move and commit, and print what -v asks for.  The caller closes. */
static enum status
run(struct transfer *transfer)
{
	const struct endpoint *dest = &transfer->dest;
	struct moved moved;
	enum status status = transfer_open(transfer);

	if (status != STATUS_OK)
		return status;
	status = transfer_move(transfer, &moved);
	if (moved.result.outcome == ZC_UNSUITED)	/* not printed yet */
		status = verdict(&moved.result, &transfer->source, dest);
	if (status != STATUS_OK)
		return status;
	status = transfer_commit(transfer);
	if (status != STATUS_OK)
		return status;
	if (dest->confirmed != NULL)
		diag_verbose("confirmed: %s", dest->confirmed);
	if (dest->flushed >= 0)
		diag_verbose("flushed: %.3f s", dest->flushed);
	verbose_done(&moved.result, moved.seconds);
	return STATUS_OK;
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
