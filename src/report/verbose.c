#include "config.h"

#include "verbose.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/diag.h"

struct joined {
	char text[ZC_METHODS * 20];	/* 20: the longest and a separator */
};

/** Join the joined of the methods. */
static struct joined
join(const enum zc_method *method, size_t count, const char *separator)
{
	struct joined joined = { "" };

	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			strlcat(joined.text, separator, sizeof(joined.text));
		strlcat(joined.text, zc_method_name(method[i]),
		    sizeof(joined.text));
	}
	return joined;
}

/** Return the rate in MB/s (10^6 bytes a second); 0 if it took no time. */
static double
rate(int64_t bytes, double seconds)
{
	return seconds > 0 ? (double)bytes / seconds / 1e6 : 0;
}

void
verbose_event(const struct zc_event *event)
{
	switch (event->type) {
	case ZC_EVENT_PLAN:
		diag_verbose("plan: %s",
		    join(event->plan->method, event->plan->count, " ").text);
		break;
	case ZC_EVENT_REFUSED:
		diag_verbose("%s: refused at %" PRId64 ": %s (%s)",
		    zc_method_name(event->method), event->bytes,
		    diag_errno_name(event->error), strerror(event->error));
		break;
	case ZC_EVENT_MOVED:
	case ZC_EVENT_INTERRUPTED:
	case ZC_EVENT_TRAILER:
	case ZC_EVENT_DROPPED:
		break;
	}
}

/** Print what came of one destination. */
static void
print_dest(const struct summary_dest *dest, double seconds, bool shown)
{
	const struct zc_result *result = &dest->result;
	const char *none = result->bytes > 0 ? "none: it is a hole" : "none";
	char done[256];

	snprintf(done, sizeof(done), "done: %" PRId64 " bytes in %.3f s, "
	    "%.1f MB/s, method %s", result->bytes, seconds,
	    rate(result->bytes, seconds), result->used_count == 0 ?
	    none : join(result->used, result->used_count, "+").text);
	if (result->header_bytes > 0 || result->trailer_bytes > 0)
		diag_verbose("header: %" PRId64 " bytes, trailer: %" PRId64
		    " bytes", result->header_bytes, result->trailer_bytes);
	if (result->hole_bytes > 0)
		diag_verbose("holes: %" PRId64 " bytes", result->hole_bytes);
	if (dest->confirmed != NULL)
		diag_verbose("confirmed: %s", dest->confirmed);
	if (dest->flushed >= 0)
		diag_verbose("flushed: %.3f s", dest->flushed);
	if (shown)
		diag_answer("%s", done);
	else
		diag_verbose("%s", done);
	diag_log("%s", done);
}

void
verbose_done(const struct summary *summary, bool shown)
{
	for (size_t i = 0; i < summary->count; i++)
		print_dest(&summary->dest[i], summary->copied, shown);
}
