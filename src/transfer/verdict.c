#include "config.h"

#include "verdict.h"

#include <errno.h>
#include <string.h>

#include "../base/diag.h"
#include "../base/signals.h"
#include "../endpoint/look.h"
#include "direct.h"
#include "sparse.h"
#include "tally.h"

/** Print that the transfer was stopped, by a signal or by a hook that failed
 * with result->error. */
static enum status
verdict_stopped(const struct zc_result *result, struct ends *ends,
    const struct endpoint *dest)
{
	int signal = signals_caught();

	diag_error(ends->count > 1 ? NULL : dest->name, "interrupted (%s) %s",
	    signal != 0 ? diag_signal_name(signal) : strerror(result->error),
	    tally_result(result, ends).text);
	return STATUS_OTHER;
}

enum status
verdict_ruled_out(const struct endpoint *dest, enum zc_method method,
    const char *why, enum zc_kind in, enum zc_kind out)
{
	diag_error(dest->name, "%s: %s (from %s to %s)",
	    zc_method_name(method), why, zc_kind_name(in), zc_kind_name(out));
	return STATUS_METHOD;
}

/** Print why no method could do it: our own rules exclude the one that was
 * named (ENOTSUP with a reason), or the kernel has refused it, perhaps after
 * some bytes. */
static enum status
verdict_unsuited(const struct zc_result *result,
    const struct endpoint *source, const struct endpoint *dest)
{
	const char *method = zc_method_name(result->method);

	if (result->error == ENOTSUP && result->reason != NULL)
		verdict_ruled_out(dest, result->method, result->reason,
		    endpoint_kind(source), endpoint_kind(dest));
	else
		diag_error(dest->name, "%s: refused: %s %s", method,
		    result->reason != NULL ? result->reason :
		    strerror(result->error), tally_dest(result, dest).text);
	return source->options->method == ZC_AUTO ? STATUS_OTHER :
	    STATUS_METHOD;
}

static enum status
verdict_source(const struct zc_result *result, struct ends *ends)
{
	const struct endpoint *source = &ends->source;

	diag_error(source->name, "read: %s %s%s",
	    strerror(result->error), tally_result(result, ends).text,
	    result->error == EINVAL ? direct_hint(source) : "");
	return endpoint_fault(source);
}

/** Return what to add to a message about this error of DEST, or "". */
static const char *
hint(const struct zc_result *result, const struct endpoint *dest)
{
	bool full = result->error == ENOSPC || result->error == EDQUOT;

	if (result->error == EINVAL)
		return direct_hint(dest);
	if (!full || !endpoint_has(dest, ENDPOINT_REPLACES))
		return "";
	if (!dest->has_stat && dest->part != NULL)
		return "";		/* the part keeps it */
	if (!dest->has_stat)		/* there is no old file */
		return "; --inplace would keep what was moved";
	return replace_room_hint(dest, result->error);
}

static enum status
verdict_dest(const struct zc_result *result, struct dest *dest)
{
	const struct endpoint *end = &dest->end;

	/* The reader of a pipe has left: die by SIGPIPE, without a message,
	 * once the other destinations are complete.  EPIPE from a socket is an
	 * error like any other. */
	if (result->error == EPIPE && !signals_pipe_ignored() &&
	    endpoint_kind(end) == ZC_PIPE) {
		dest->broken = true;
		return STATUS_OTHER;
	}
	diag_error(end->name, "write: %s %s%s", strerror(result->error),
	    tally_dest(result, end).text, hint(result, end));
	return endpoint_fault(end);
}

static enum status
verdict_stalled(const struct zc_result *result, struct ends *ends,
    const struct endpoint *dest)
{
	bool reading = result->side == ZC_SOURCE;
	const struct endpoint *stuck = reading ? &ends->source : dest;

	diag_error(stuck->name, "%s: nothing moved for %g s %s",
	    reading ? "read" : "write", dest->options->timeout,
	    reading ? tally_result(result, ends).text :
	    tally_dest(result, dest).text);
	return endpoint_fault(stuck);
}

enum status
verdict_wrapped(const struct endpoint *dest)
{
	diag_error(dest->name, "write: a kernel file would take a header or "
	    "trailer for a command of its own");
	return STATUS_DEST;
}

/** Print why zc_job_new() has refused the request.  All other reasons were
 * excluded when the ends were opened. */
static enum status
verdict_invalid(const struct zc_result *result, const struct endpoint *dest)
{
	const char *why = dest->options->sparse == SPARSE_ALWAYS ?
	    sparse_objection(dest->fd) : NULL;

	if (result->error == EINVAL && endpoint_kind(dest) == ZC_SYNTHETIC)
		return verdict_wrapped(dest);
	if (result->error == EINVAL && why != NULL)
		diag_error(dest->name, "write: --sparse=always: %s", why);
	else if (result->error == EINVAL)
		diag_error(dest->name, "write: it is SOURCE itself: what is "
		    "written would be read again");
	else
		diag_error(dest->name, "start: %s", strerror(result->error));
	return STATUS_DEST;
}

enum status
verdict(const struct zc_result *result, struct ends *ends, struct dest *dest)
{
	const struct endpoint *source = &ends->source, *end = &dest->end;

	switch (result->outcome) {
	case ZC_DONE:
		return STATUS_OK;
	case ZC_SHORT:
		diag_error(source->name, "read: SOURCE ended early %s",
		    tally(ends, result->bytes, look_wanted(source)).text);
		return STATUS_INCOMPLETE;
	case ZC_UNSUITED:
		return verdict_unsuited(result, source, end);
	case ZC_FAILED:
	case ZC_UNFINISHED:		/* EAGAIN: the socket's own time-out */
		if (result->side == ZC_SOURCE)
			return verdict_source(result, ends);
		return verdict_dest(result, dest);
	case ZC_WOULD_WAIT:
		diag_error(source->name, "read: would have to wait for "
		    "the disk (--no-disk-io) %s",
		    tally_result(result, ends).text);
		return STATUS_WOULD_WAIT;
	case ZC_STALLED:
		return verdict_stalled(result, ends, end);
	case ZC_INVALID:
		return verdict_invalid(result, end);
	case ZC_STOPPED:
		break;
	}
	return verdict_stopped(result, ends, end);
}
