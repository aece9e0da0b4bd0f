#include "config.h"

#include "verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "signals.h"

/* "(12 bytes delivered, 5 more were read and are lost)" */
struct tally {
	char text[120];
};

static struct tally
tally(const struct zc_result *result)
{
	struct tally tally;
	int n = snprintf(tally.text, sizeof(tally.text),
	    "(%" PRId64 " bytes delivered", result->bytes);

	if (result->lost > 0)
		n += snprintf(tally.text + n, sizeof(tally.text) - (size_t)n,
		    ", %" PRId64 " more were read and are lost", result->lost);
	snprintf(tally.text + n, sizeof(tally.text) - (size_t)n, ")");
	return tally;
}

static enum status
verdict_stopped(const struct zc_result *result, const struct endpoint *dest)
{
	int signal = signals_caught();

	diag_error(dest->name, "interrupted: %s %s",
	    signal != 0 ? strsignal(signal) : strerror(result->error),
	    tally(result).text);
	return STATUS_OTHER;
}

static enum status
verdict_unsuited(const struct zc_result *result,
    const struct endpoint *source, const struct endpoint *dest)
{
	const char *method = zc_method_name(result->method);

	if (result->error == ENOTSUP && result->reason != NULL)
		diag_error(dest->name, "%s: %s (from %s to %s)", method,
		    result->reason, zc_kind_name(zc_kind_of(source->fd)),
		    zc_kind_name(zc_kind_of(dest->fd)));
	else
		diag_error(dest->name, "%s: refused: %s %s", method,
		    result->reason != NULL ? result->reason :
		    strerror(result->error), tally(result).text);
	return source->options->method == ZC_AUTO ? STATUS_OTHER :
	    STATUS_METHOD;
}

static enum status
verdict_source(const struct zc_result *result, const struct endpoint *source)
{
	diag_error(source->name, "read: %s %s", strerror(result->error),
	    tally(result).text);
	return endpoint_fault(source);
}

static const char *
hint(const struct zc_result *result, const struct endpoint *dest)
{
	bool full = result->error == ENOSPC || result->error == EDQUOT;

	if (!full || dest->type != &endpoint_replace)
		return "";
	return dest->has_stat ? "; --inplace needs no room for a second copy" :
	    "; --inplace would keep them";
}

static enum status
verdict_dest(const struct zc_result *result, const struct endpoint *dest)
{
	if (result->error == EPIPE && !signals_pipe_ignored() &&
	    zc_kind_of(dest->fd) == ZC_PIPE) {
		signals_catch(SIGPIPE);
		return STATUS_OTHER;
	}
	diag_error(dest->name, "write: %s %s%s", strerror(result->error),
	    tally(result).text, hint(result, dest));
	return endpoint_fault(dest);
}

enum status
verdict_wrapped(const struct endpoint *dest)
{
	diag_error(dest->name, "write: a header or trailer would be a command "
	    "of its own there");
	return STATUS_DEST;
}

/** What the engine was not even asked: all else was found out when the ends
 * were opened. */
static enum status
verdict_invalid(const struct zc_result *result, const struct endpoint *dest)
{
	if (result->error == EINVAL && zc_kind_of(dest->fd) == ZC_SYNTHETIC)
		return verdict_wrapped(dest);
	if (result->error == EINVAL)
		diag_error(dest->name, "write: it is SOURCE itself, "
		    "and would be read again as it is written");
	else
		diag_error(dest->name, "start: %s", strerror(result->error));
	return STATUS_DEST;
}

enum status
verdict(const struct zc_result *result, const struct endpoint *source,
    const struct endpoint *dest)
{
	switch (result->outcome) {
	case ZC_DONE:
		return STATUS_OK;
	case ZC_SHORT:
		diag_error(source->name, "read: it ended early (%" PRId64
		    " of %" PRId64 " bytes delivered)", result->bytes,
		    source->options->bytes);
		return STATUS_INCOMPLETE;
	case ZC_UNSUITED:
		return verdict_unsuited(result, source, dest);
	case ZC_FAILED:
	case ZC_UNFINISHED:		/* EAGAIN: the socket's own time-out */
		return result->side == ZC_SOURCE ?
		    verdict_source(result, source) : verdict_dest(result, dest);
	case ZC_WOULD_WAIT:
		diag_error(source->name, "read: the disk would have to be "
		    "waited for %s", tally(result).text);
		return STATUS_WOULD_WAIT;
	case ZC_INVALID:
		return verdict_invalid(result, dest);
	case ZC_STOPPED:
		break;
	}
	return verdict_stopped(result, dest);
}
