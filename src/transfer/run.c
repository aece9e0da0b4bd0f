#include "config.h"

#include "run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/gauge.h"
#include "../base/signals.h"
#include "../endpoint/descriptor.h"
#include "../report/progress.h"
#include "../report/summary.h"
#include "../report/verbose.h"
#include "digest-file.h"
#include "explain.h"
#include "outputs.h"
#include "tally.h"
#include "transfer.h"
#include "user.h"
#include "verdict.h"

/** Write the digest to its file. */
static enum status
write_digest(struct digest_file *file, const struct summary *summary,
    struct ends *ends)
{
	if (outputs_check_digest_file(ends) != STATUS_OK)
		return STATUS_OTHER;
	return digest_file_write(file, &summary->digest, ends);
}

/** Return the kind of an end for the summary, or NULL if it is not open. */
static const char *
kind_of(const struct endpoint *ep)
{
	return ep->fd >= 0 ? zc_kind_name(endpoint_kind(ep)) : NULL;
}

/** Note in the summary what is known of the ends before data moves. */
static void
note_opened(struct summary *summary, const struct ends *ends)
{
	const struct endpoint *source = &ends->source;

	summary->source_kind = kind_of(source);
	if (source->has_stat && S_ISREG(source->st.st_mode))
		summary->size = source->st.st_size;
	for (size_t i = 0; i < ends->count; i++)
		summary->dest[i].kind = kind_of(&ends->dest[i].end);
}

/** Return the status for the summary: if a signal ends us, that of a shell. */
static int
status_for_summary(const struct dest *failed, enum status status)
{
	int signal = failed != NULL && failed->broken ? SIGPIPE :
	    signals_caught();

	return status != STATUS_OK && signal != 0 ? 128 + signal : (int)status;
}

/** Note what became of a destination.  One that has not failed itself, and was
 * not committed, has failed with the run. */
static void
note_dest(struct summary_dest *noted, struct dest *dest,
    const struct summary *run)
{
	noted->result = dest->result;
	noted->flushed = dest->end.flushed;
	noted->waited = dest->end.waited;
	noted->error = dest->error;
	dest->error = NULL;
	if (dest->committed) {
		noted->confirmed = dest->end.confirmed;
	} else if (dest->status != STATUS_OK) {
		noted->status = status_for_summary(dest, dest->status);
	} else {
		noted->result.bytes = tally_arrived(&dest->result, &dest->end);
		noted->status = run->status;
		if (run->error != NULL)
			noted->error = strdup(run->error);
	}
}

/** Note what became of the run, before its ends are closed. */
static void
note_ended(struct summary *summary, struct ends *ends, enum status status)
{
	const struct dest *failed = ends->failed;

	summary->status = status_for_summary(failed, status);
	summary->error = failed != NULL ? failed->error : diag_first_error();
	for (size_t i = 0; i < ends->count; i++)
		note_dest(&summary->dest[i], &ends->dest[i], summary);
	if (ends->count == 1 && status != STATUS_OK)
		summary->result.bytes = summary->dest->result.bytes;
}

/** Show no progress where it would mix with the data on a terminal. */
static void
hide_progress(struct ends *ends)
{
	if (endpoint_kind(&ends->source) == ZC_TTY)
		progress_hide();
	FOR_EACH_DEST(dest, ends)
		if (endpoint_kind(&dest->end) == ZC_TTY)
			progress_hide();
}

/** True if at least one destination is complete. */
static bool
any_is_committed(const struct ends *ends)
{
	for (size_t i = 0; i < ends->count; i++)
		if (ends->dest[i].committed)
			return true;
	return false;
}

/** Open all ends, and begin to show progress; with --user not before root is
 * given up, because user_become() allows no other thread. */
static enum status
open_and_show(struct transfer *transfer)
{
	const bool waits = transfer->ends.source.options->user != NULL;
	enum status status;

	if (!waits)
		progress_begin();
	status = transfer_open(transfer);
	if (waits && status == STATUS_OK)
		progress_begin();
	return status;
}

/** Open, move and commit, and note in the summary what happened. */
static enum status
copy(struct transfer *transfer, struct digest_file *file,
    struct summary *summary)
{
	struct ends *ends = &transfer->ends;
	struct moved moved;
	enum status status = open_and_show(transfer);

	if (status == STATUS_OK)
		status = digest_file_open(file, ends->source.options);
	if (status == STATUS_OK)
		status = transfer_ready(transfer);
	note_opened(summary, ends);
	if (status != STATUS_OK)
		return status;
	hide_progress(ends);
	summary->resumed = ends->source.resumed;
	status = transfer_move(transfer, &moved);
	summary->result = moved.result;
	summary->copied = moved.seconds;
	/* Of the only destination; not printed yet. */
	if (status == STATUS_METHOD && ends->failed == NULL)
		status = verdict(&moved.result, ends, ends->dest);
	if (status == STATUS_OK)
		status = transfer_commit(transfer);
	if (transfer->digesting.known &&
	    (any_is_committed(ends) || status == STATUS_DIGEST))
		summary->digest = transfer->digesting.value;
	return status;
}

/** True if standard output is a destination. */
static bool
has_stdout(const struct ends *ends)
{
	for (size_t i = 0; i < ends->count; i++)
		if (ends->dest[i].end.inherited &&
		    ends->dest[i].end.fd == STDOUT_FILENO)
			return true;
	return false;
}

/** Write the summary to the file of --json-file. */
static enum status
write_summary(const struct summary *summary, struct ends *ends)
{
	const char *path = ends->source.options->json_file;

	/* If the run failed early, we are still root, and the path may be a
	 * link of the user's to a file of root. */
	if (user_become(ends->source.options->user) != STATUS_OK)
		return STATUS_OTHER;
	if (outputs_check_json_file(ends) != STATUS_OK)
		return STATUS_OTHER;
	return summary_write(summary, path);
}

/** Write the summary where the options want it.  Return `status`, or if that is
 * STATUS_OK, that of writing. */
static enum status
report(struct summary *summary, struct ends *ends, enum status status)
{
	const struct options *options = ends->source.options;
	enum status written = STATUS_OK;

	if (options->format == FORMAT_JSON)
		written = summary_print(summary, has_stdout(ends));
	if (written == STATUS_OK && options->json_file != NULL)
		written = write_summary(summary, ends);
	return status != STATUS_OK ? status : written;
}

/** Return a summary that has only names yet. */
static struct summary
summary_of(const struct ends *ends, struct summary_dest dest[DESTS_MAX])
{
	const struct options *options = ends->source.options;

	for (size_t i = 0; i < ends->count; i++)
		dest[i] = (struct summary_dest){
			.name = ends->dest[i].end.name, .flushed = -1 };
	return (struct summary){ .source = options->source, .size = -1,
		.offset = options->offset, .result = ZC_RESULT_INIT,
		.dest = dest, .count = ends->count };
}

/** Print the digest, if --digest or -v asks for that.  With -q it is not
 * printed when --digest-file has it: a job of cron(8) must be able to be
 * silent.  Return STATUS_OK; on failure, print the reason and return
 * STATUS_OTHER. */
static enum status
print_digest(const struct summary *summary, const struct options *options)
{
	char text[DIGEST_TEXT];

	if (summary->digest.algorithm == DIGEST_NONE ||
	    (options->digest == DIGEST_NONE && !options->verbose) ||
	    (options->quiet && options->digest_file != NULL))
		return STATUS_OK;
	digest_text(text, &summary->digest);
	for (size_t i = 0; i < summary->count; i++) {
		if (summary->dest[i].status != STATUS_OK ||
		    diag_result("%s:%s  %s",
		    digest_name(summary->digest.algorithm), text,
		    summary->dest[i].name))
			continue;
		diag_errno("standard error", "write the digest");
		return STATUS_OTHER;
	}
	return STATUS_OK;
}

/** Copy, show how far it is, and report how it ended. */
static enum status
copy_and_report(struct transfer *transfer)
{
	struct ends *ends = &transfer->ends;
	const struct options *options = ends->source.options;
	struct summary_dest dest[DESTS_MAX];
	struct summary summary = summary_of(ends, dest);
	struct digest_file file = DIGEST_FILE_NONE;
	enum status status, written;
	bool shown;

	gauge_phase(PHASE_STARTING);
	progress_prepare(options);
	status = copy(transfer, &file, &summary);
	if (ends->failed != NULL)
		status = ends->failed->status;
	if (any_is_committed(ends)) {
		written = write_digest(&file, &summary, ends);
		status = status != STATUS_OK ? status : written;
	}
	note_ended(&summary, ends, status);
	transfer_close(transfer);
	/* A signal may have come while commands were ended. */
	summary.status = status_for_summary(ends->failed, status);
	digest_file_close(&file);
	if (status == STATUS_OK)
		gauge_phase(PHASE_DONE);
	shown = progress_end();
	verbose_done(&summary, shown && !options->verbose);
	written = print_digest(&summary, options);
	if (status == STATUS_OK && written != STATUS_OK) {
		status = written;
		summary.status = (int)status;
		summary.error = diag_first_error();
	}
	status = report(&summary, ends, status);
	for (size_t i = 0; i < summary.count; i++)
		free(summary.dest[i].error);
	return status;
}

enum status
run_transfer(const struct options *options)
{
	struct transfer transfer;
	enum status status = transfer_parse(&transfer, options);

	if (status != STATUS_OK)
		return status;
	status = outputs_check(&transfer.ends);
	if (status != STATUS_OK)
		return status;
	descriptor_keep_from_commands(options->progress_fd);
	if (options->action == ACTION_EXPLAIN)
		return explain(&transfer.ends);
	return copy_and_report(&transfer);
}
