#include "config.h"

#include "verbose.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/diag.h"
#include "../base/gauge.h"

struct joined {
	char text[ZC_METHODS * 20];	/* 20: the longest and a separator */
};

/** Join the names of the methods. */
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

/** Print, with -v, a line that begins with the name of a destination (NULL: no
 * name). */
static void __attribute__((format(printf, 2, 3)))
say(const char *dest, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (dest != NULL)
		diag_verbose("%s: %s", dest, text);
	else
		diag_verbose("%s", text);
}

void
verbose_event(const struct zc_event *event, const char *dest)
{
	switch (event->type) {
	case ZC_EVENT_PLAN:
		say(dest, "plan: %s",
		    join(event->plan->method, event->plan->count, " ").text);
		break;
	case ZC_EVENT_REFUSED:
		say(dest, "%s: refused at %" PRId64 ": %s (%s)",
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

/** Print what became of one destination; lines begin with `name`, unless it is
 * NULL. */
static void
print_dest(const struct summary_dest *dest, const char *name, double seconds,
    bool shown)
{
	const struct zc_result *result = &dest->result;
	const char *none = result->bytes > 0 ? "none: it is a hole" : "none";
	const char *mark = name != NULL ? ": " : "";
	char done[256];

	snprintf(done, sizeof(done), "done: %" PRId64 " bytes in %.3f s, "
	    "%.1f MB/s, method %s", result->bytes, seconds,
	    rate(result->bytes, seconds), result->used_count == 0 ?
	    none : join(result->used, result->used_count, "+").text);
	if (result->header_bytes > 0 || result->trailer_bytes > 0)
		say(name, "header: %" PRId64 " bytes, trailer: %" PRId64
		    " bytes", result->header_bytes, result->trailer_bytes);
	if (result->hole_bytes > 0)
		say(name, "holes: %" PRId64 " bytes", result->hole_bytes);
	if (dest->confirmed != NULL)
		say(name, "confirmed: %s", dest->confirmed);
	if (dest->flushed >= 0)
		say(name, "flushed: %.3f s", dest->flushed);
	name = name != NULL ? name : "";
	if (shown)
		diag_answer("%s%s%s", name, mark, done);
	else
		diag_verbose("%s%s%s", name, mark, done);
	diag_log("%s%s%s", name, mark, done);
}

/** Print which of several destinations the others had to wait for.  One that
 * has failed is not among them. */
static void
print_slowest(const struct summary *summary)
{
	const struct summary_dest *slowest = NULL;
	size_t complete = 0;

	for (size_t i = 0; i < summary->count; i++) {
		const struct summary_dest *dest = &summary->dest[i];

		if (dest->status != STATUS_OK)
			continue;
		complete++;
		if (slowest == NULL ||
		    dest->result.spent > slowest->result.spent)
			slowest = dest;
	}
	if (complete > 1)
		diag_verbose("slowest: %s: %.3f s of %.3f s were spent on it",
		    slowest->name, (double)slowest->result.spent / 1e9,
		    summary->copied);
}

/** Print how full the buffer was, and so which side is the limit. */
static void
print_buffer(void)
{
	const struct fill fill = gauge_read().fill;
	char least[32] = "";

	if (fill.size == 0)
		return;
	if (fill.least >= 0)
		snprintf(least, sizeof(least), "least %" PRId64 ", ",
		    fill.least);
	diag_verbose("buffer: %" PRId64 " bytes, %smost %" PRId64 "; empty %"
	    PRId64 " times, full %" PRId64 " times", fill.size, least,
	    fill.most, fill.empty, fill.full);
}

void
verbose_done(const struct summary *summary, bool shown)
{
	const bool several = summary->count > 1;

	if (summary->copied > 0) {
		print_buffer();
		print_slowest(summary);
	}
	for (size_t i = 0; i < summary->count; i++) {
		const struct summary_dest *dest = &summary->dest[i];

		if (dest->status == STATUS_OK)
			print_dest(dest, several ? dest->name : NULL,
			    summary->copied, shown);
	}
}
