#include "config.h"

#include "transfer.h"

#include <fcntl.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../base/gauge.h"
#include "../base/signals.h"
#include "../endpoint/allocate.h"
#include "../endpoint/look.h"
#include "../report/progress.h"
#include "../report/summary.h"
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

/** Check that --progress-fd does not name an end, or a descriptor that is not
 * open for writing. */
static enum status
check_progress_fd(const struct endpoint *source, const struct endpoint *dest)
{
	const int fd = source->options->progress_fd;
	const int flags = fd >= 0 ? fcntl(fd, F_GETFL) : O_WRONLY;

	if (fd >= 0 && ((source->inherited && fd == source->fd) ||
	    (dest->inherited && fd == dest->fd)))
		diag_error("--progress-fd", "%d: SOURCE or DEST has it", fd);
	else if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY ||
	    (flags & O_PATH))
		diag_error("--progress-fd", "%d: not open for writing", fd);
	else
		return STATUS_OK;
	return STATUS_USAGE;
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
	status = check_progress_fd(source, dest);
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

/** Return the kind of an end for the summary, or NULL if it is not open. */
static const char *
kind_of(const struct endpoint *ep)
{
	return ep->fd >= 0 ? zc_kind_name(zc_kind_of(ep->fd)) : NULL;
}

/** Open, move and commit, and note in the summary what happened. */
static enum status
run(struct transfer *transfer, struct summary *summary)
{
	const struct endpoint *source = &transfer->source;
	const struct endpoint *dest = &transfer->dest;
	struct moved moved;
	enum status status = transfer_open(transfer);

	summary->source_kind = kind_of(source);
	summary->dest_kind = kind_of(dest);
	if (source->has_stat && S_ISREG(source->st.st_mode))
		summary->size = source->st.st_size;
	if (status != STATUS_OK)
		return status;
	if (zc_kind_of(source->fd) == ZC_TTY || zc_kind_of(dest->fd) == ZC_TTY)
		progress_hide();
	status = transfer_move(transfer, &moved);
	summary->result = moved.result;
	summary->copied = moved.seconds;
	if (moved.result.outcome == ZC_UNSUITED)	/* not printed yet */
		status = verdict(&moved.result, source, dest);
	if (status == STATUS_OK)
		status = transfer_commit(transfer);
	summary->flushed = dest->flushed;
	if (status == STATUS_OK)
		summary->confirmed = dest->confirmed;
	else
		summary->result.bytes = tally_arrived(&moved.result, dest);
	return status;
}

/** Return the status for the summary: if a signal ends us, that of a shell. */
static int
status_for_summary(enum status status)
{
	return status != STATUS_OK && signals_caught() != 0 ?
	    128 + signals_caught() : (int)status;
}

/** Write the summary where the options want it.  Return `status`, or if that is
 * STATUS_OK, that of writing. */
static enum status
report(struct summary *summary, const struct transfer *transfer,
    enum status status)
{
	const struct options *options = transfer->source.options;
	const struct endpoint *dest = &transfer->dest;
	enum status written = STATUS_OK;

	summary->status = status_for_summary(status);
	if (options->format == FORMAT_JSON)
		written = summary_print(summary,
		    dest->inherited && dest->fd == STDOUT_FILENO);
	if (written == STATUS_OK && options->json_file != NULL)
		written = summary_write(summary, options->json_file);
	return status != STATUS_OK ? status : written;
}

/** Run, show how far it is, and report how it ended. */
static enum status
run_and_report(struct transfer *transfer)
{
	const struct options *options = transfer->source.options;
	struct summary summary = { .source = options->source,
		.dest = options->dest, .size = -1, .offset = options->offset,
		.result = ZC_RESULT_INIT, .flushed = -1 };
	enum status status;
	bool shown;

	gauge_phase(PHASE_STARTING);
	progress_begin(options);
	status = run(transfer, &summary);
	transfer_close(transfer);
	if (status == STATUS_OK)
		gauge_phase(PHASE_DONE);
	shown = progress_end();
	if (status == STATUS_OK)
		verbose_done(&summary, shown);
	return report(&summary, transfer, status);
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
	return run_and_report(&transfer);
}
