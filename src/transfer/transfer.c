#include "config.h"

#include "transfer.h"

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../endpoint/allocate.h"
#include "../endpoint/look.h"
#include "../system/attributes.h"
#include "../zcopy.h"
#include "direct.h"
#include "skip.h"
#include "sparse.h"
#include "tally.h"
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

/** Find out how much SOURCE, which is at its first byte, will move, and check
 * that ends with O_DIRECT can take that.  Without O_DIRECT save the system
 * calls that look at DEST. */
static enum status
look_both(struct endpoint *source, struct endpoint *dest)
{
	struct look in, out;

	look_open(&in, source->fd);
	look_expect(source, &in);
	allocate_plan(dest, source, &in);
	if (!direct_concerns(source) && !direct_concerns(dest))
		return STATUS_OK;
	look_open(&out, dest->fd);
	return direct_check(source, &in, dest, &out);
}

/** Wait for both sides, SOURCE first: if it has nothing to send, DEST is not
 * connected. */
static enum status
ready_both(struct transfer *transfer)
{
	struct endpoint *source = &transfer->source, *dest = &transfer->dest;
	enum status status = endpoint_ready(source);

	if (status != STATUS_OK)
		return status;
	if (source->empty && !source->options->allow_short) {
		diag_error(source->name, "read: the peer closed without "
		    "sending anything %s", tally(dest, 0, -1).text);
		return STATUS_INCOMPLETE;
	}
	status = cache_begin(&transfer->cache[ROLE_SOURCE], source,
	    source->options->offset);
	if (status != STATUS_OK)
		return status;
	status = skip_source(source, dest);
	if (status != STATUS_OK)
		return status;
	status = endpoint_ready(dest);
	if (status != STATUS_OK)
		return status;
	return look_both(source, dest);
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
	enum status status = wrapping_read(&transfer->hdtr,
	    transfer->source.options);

	if (status != STATUS_OK)
		return status;
	status = open_both(transfer);
	if (status != STATUS_OK)
		return status;
	return ready_both(transfer);
}

enum status
transfer_move(struct transfer *transfer, struct moved *moved)
{
	struct endpoint *source = &transfer->source, *dest = &transfer->dest;
	struct watch watch;
	enum status status;

	watch_begin(&watch, source, dest);
	status = move(source, dest, &transfer->hdtr, &watch,
	    transfer->cache, moved);
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
	enum status status = cache_end(&transfer->cache[ROLE_DEST]);

	if (status != STATUS_OK)
		return status;
	status = endpoint_commit(&transfer->dest);
	if (status != STATUS_OK)
		return status;
	/* DEST has let go of SOURCE's pages. */
	(void)cache_end(&transfer->cache[ROLE_SOURCE]);
	/* This confirms the data to a sender, so DEST must be complete. */
	return endpoint_commit(&transfer->source);
}

void
transfer_close(struct transfer *transfer)
{
	(void)cache_end(&transfer->cache[ROLE_DEST]);
	endpoint_abort(&transfer->dest);
	(void)cache_end(&transfer->cache[ROLE_SOURCE]);
	endpoint_abort(&transfer->source);
	wrapping_free(&transfer->hdtr);
}
