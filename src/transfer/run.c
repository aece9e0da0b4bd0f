#include "config.h"

#include "run.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/gauge.h"
#include "../base/signals.h"
#include "../report/progress.h"
#include "../report/summary.h"
#include "../report/verbose.h"
#include "explain.h"
#include "tally.h"
#include "transfer.h"
#include "verdict.h"

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

/** True if this path leads to the file, FIFO, pipe or disk of an end. */
static bool
leads_to(const char *path, const struct endpoint *ep)
{
	struct stat file, end;

	if (ep->path == NULL && !ep->inherited)
		return false;
	if (stat(path, &file) == 0 && (ep->inherited ?
	    fstat(ep->fd, &end) : stat(ep->path, &end)) == 0)
		return file.st_dev == end.st_dev && file.st_ino == end.st_ino &&
		    !S_ISCHR(file.st_mode);
	return ep->path != NULL && strcmp(path, ep->path) == 0;
}

/** Check that --json-file does not lead to an end: that would be lost. */
static enum status
check_json_file(const struct endpoint *source, const struct endpoint *dest)
{
	const char *path = source->options->json_file;

	if (path == NULL || (!leads_to(path, source) && !leads_to(path, dest)))
		return STATUS_OK;
	diag_error("--json-file", "%s: it is SOURCE or DEST", path);
	return STATUS_USAGE;
}

/** Return the kind of an end for the summary, or NULL if it is not open. */
static const char *
kind_of(const struct endpoint *ep)
{
	return ep->fd >= 0 ? zc_kind_name(zc_kind_of(ep->fd)) : NULL;
}

/** Open, move and commit, and note in the summary what happened. */
static enum status
copy(struct transfer *transfer, struct summary *summary)
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
	summary->waited = dest->waited;
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
	/* Two names of a new DEST differ until it is there. */
	if (written == STATUS_OK && options->json_file != NULL &&
	    check_json_file(&transfer->source, dest) != STATUS_OK)
		written = STATUS_OTHER;
	else if (written == STATUS_OK && options->json_file != NULL)
		written = summary_write(summary, options->json_file);
	return status != STATUS_OK ? status : written;
}

/** Copy, show how far it is, and report how it ended. */
static enum status
copy_and_report(struct transfer *transfer)
{
	const struct options *options = transfer->source.options;
	struct summary summary = { .source = options->source,
		.dest = options->dest, .size = -1, .offset = options->offset,
		.result = ZC_RESULT_INIT, .flushed = -1 };
	enum status status;
	bool shown;

	gauge_phase(PHASE_STARTING);
	progress_begin(options);
	status = copy(transfer, &summary);
	transfer_close(transfer);
	if (status == STATUS_OK)
		gauge_phase(PHASE_DONE);
	shown = progress_end();
	if (status == STATUS_OK)
		verbose_done(&summary, shown && !options->verbose);
	return report(&summary, transfer, status);
}

enum status
run(const struct options *options)
{
	struct transfer transfer;
	enum status status = transfer_parse(&transfer, options);

	if (status != STATUS_OK)
		return status;
	status = check_progress_fd(&transfer.source, &transfer.dest);
	if (status != STATUS_OK)
		return status;
	status = check_json_file(&transfer.source, &transfer.dest);
	if (status != STATUS_OK)
		return status;
	if (options->action == ACTION_EXPLAIN)
		return explain(&transfer.source, &transfer.dest);
	return copy_and_report(&transfer);
}
