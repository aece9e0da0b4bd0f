#include "config.h"

#include "verbose.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/diag.h"

struct names {
	char text[ZC_METHODS * 20];	/* 20: the longest and a separator */
};

/** Join the names of the methods. */
static struct names
join(const enum zc_method *method, size_t count, const char *separator)
{
	struct names names = { "" };

	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			strlcat(names.text, separator, sizeof(names.text));
		strlcat(names.text, zc_method_name(method[i]),
		    sizeof(names.text));
	}
	return names;
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

void
verbose_done(const struct summary *summary, bool shown)
{
	const struct zc_result *result = &summary->result;
	const char *none = result->bytes > 0 ? "none: it is a hole" : "none";
	char done[256];

	snprintf(done, sizeof(done), "done: %" PRId64 " bytes in %.3f s, "
	    "%.1f MB/s, method %s", result->bytes, summary->copied,
	    rate(result->bytes, summary->copied), result->used_count == 0 ?
	    none : join(result->used, result->used_count, "+").text);
	if (result->header_bytes > 0 || result->trailer_bytes > 0)
		diag_verbose("header: %" PRId64 " bytes, trailer: %" PRId64
		    " bytes", result->header_bytes, result->trailer_bytes);
	if (result->hole_bytes > 0)
		diag_verbose("holes: %" PRId64 " bytes", result->hole_bytes);
	if (summary->confirmed != NULL)
		diag_verbose("confirmed: %s", summary->confirmed);
	if (summary->flushed >= 0)
		diag_verbose("flushed: %.3f s", summary->flushed);
	if (shown)
		diag_answer("%s", done);
	else
		diag_verbose("%s", done);
	diag_log("%s", done);
}
