#include "config.h"

#include "transfer.h"

#include "diag.h"
#include "endpoint/endpoint.h"
#include "endpoint/patience.h"
#include "move.h"
#include "report/explain.h"
#include "report/trail.h"
#include "skip.h"
#include "watch.h"
#include "wrapping.h"

/** Would writing DEST destroy SOURCE?  Ranges within one file are left to the
 * engine, which refuses those that overlap. */
static bool
would_destroy(const struct endpoint *source, const struct endpoint *dest)
{
	const struct options *options = dest->options;

	if (options->append || options->seek >= 0 || dest->inherited)
		return false;
	return endpoint_same_file(source, dest);
}

static enum status
open_both(struct endpoint *source, struct endpoint *dest)
{
	enum status status = endpoint_open(source);

	if (status == STATUS_OK)
		status = endpoint_open(dest);
	if (status == STATUS_OK && would_destroy(source, dest)) {
		diag_error(dest->name, "write: it is the same file as SOURCE");
		status = STATUS_DEST;
	}
	return status;
}

static enum status
ready_both(struct endpoint *source, struct endpoint *dest)
{
	enum status status = endpoint_ready(source);

	if (status == STATUS_OK && source->empty &&
	    !source->options->allow_short) {
		diag_error(source->name, "read: the peer closed without "
		    "sending anything (0 bytes delivered)");
		status = STATUS_INCOMPLETE;
	}
	if (status == STATUS_OK)
		status = skip_source(source);
	if (status == STATUS_OK)
		status = endpoint_ready(dest);
	return status;
}

static enum status
move_and_commit(struct endpoint *source, struct endpoint *dest,
    const struct zc_hdtr *hdtr)
{
	struct zc_result result;
	struct watch watch;
	double seconds = 0;
	enum status status;

	watch_begin(&watch, source, dest);
	status = move(source, dest, hdtr, &watch, &result, &seconds);
	if (status == STATUS_OK)
		status = watch_end(&watch, source, result.bytes);
	if (status == STATUS_OK)
		status = endpoint_commit(dest);
	/* Only now may a sender in front of us hear that all is well. */
	if (status == STATUS_OK)
		status = endpoint_commit(source);
	if (status == STATUS_OK && dest->confirmed != NULL)
		diag_trail("confirmed: %s", dest->confirmed);
	if (status == STATUS_OK)
		trail_done(&result, seconds);
	return status;
}

enum status
transfer(const struct options *options)
{
	struct endpoint source = { .fd = -1 }, dest = { .fd = -1 };
	struct zc_hdtr hdtr;
	const char *wrong;
	enum status status;

	status = endpoint_parse(&source, options->source, ROLE_SOURCE, options);
	if (status == STATUS_OK)
		status = endpoint_parse(&dest, options->dest, ROLE_DEST,
		    options);
	if (status == STATUS_OK)
		status = wrapping_check(options);
	if (status == STATUS_OK)
		status = patience_check(options);
	if (status != STATUS_OK)
		return status;
	wrong = endpoint_misfit(&source, &dest);
	if (wrong != NULL) {
		diag_error(NULL, "%s", wrong);
		return STATUS_USAGE;
	}
	if (options->action == ACTION_EXPLAIN)
		return explain(&source, &dest, options);

	status = wrapping_read(&hdtr, options);
	if (status == STATUS_OK)
		status = open_both(&source, &dest);
	if (status == STATUS_OK)
		status = ready_both(&source, &dest);
	if (status == STATUS_OK)
		status = move_and_commit(&source, &dest, &hdtr);
	endpoint_abort(&dest);
	endpoint_abort(&source);
	wrapping_free(&hdtr);
	return status;
}
