#include "config.h"

#include "summary.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/param.h>
#include <sys/resource.h>

#include "../base/clock.h"
#include "../base/diag.h"
#include "../base/gauge.h"
#include "../base/output.h"
#include "json-text.h"

/*
 * The functions that return a json_t return NULL if memory runs out, and pass
 * on such a NULL, so only json_text_write() checks for it.
 */

static double
seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static json_t *
cpu_object(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return json_pack("{s:f, s:f}",
	    "user", seconds_of(usage.ru_utime),
	    "system", seconds_of(usage.ru_stime));
}

static json_t *
source_object(const struct summary *summary)
{
	return json_pack("{s:o, s:o, s:o, s:I}",
	    "name", json_text(summary->source),
	    "kind", json_text(summary->source_kind),
	    "size", summary->size < 0 ? json_null() :
	    json_integer((json_int_t)summary->size),
	    "offset", (json_int_t)summary->offset);
}

/** Return null, or the reason for this status.  A signal, SIGPIPE for example,
 * may end a run without a message. */
static json_t *
error_text(int status, const char *error)
{
	if (status == STATUS_OK)
		return json_null();
	return json_text((error == NULL || *error == '\0') && status > 128 ?
	    diag_signal_name(status - 128) : error);
}

static json_t *
dest_object(const struct summary_dest *dest)
{
	return json_pack("{s:o, s:o, s:I, s:o, s:{s:f, s:f}, s:i, s:o}",
	    "name", json_text(dest->name),
	    "kind", json_text(dest->kind),
	    "bytes", (json_int_t)dest->result.bytes,
	    "confirmed", json_text(dest->confirmed),
	    "seconds",
	    "flush", MAX(dest->flushed, 0),
	    "confirm", dest->waited,
	    "status", dest->status,
	    "error", error_text(dest->status, dest->error));
}

static json_t *
dests_array(const struct summary *summary)
{
	json_t *dests = json_array();

	for (size_t i = 0; i < summary->count; i++)
		if (json_array_append_new(dests,
		    dest_object(&summary->dest[i])) < 0) {
			json_decref(dests);
			return NULL;
		}
	return dests;
}

static json_t *
method_object(enum zc_method method, const struct zc_method_use *use)
{
	const bool refused = use->refused != 0;

	return json_pack("{s:s, s:I, s:I, s:o, s:o}",
	    "name", zc_method_name(method),
	    "bytes", (json_int_t)use->bytes,
	    "calls", (json_int_t)use->calls,
	    "refused", json_text(refused ? diag_errno_name(use->refused) :
	    NULL),
	    "refused_at", refused ?
	    json_integer((json_int_t)use->refused_at) : json_null());
}

/** Return how full the buffer was, or null if there was none. */
static json_t *
buffer_object(void)
{
	const struct fill fill = gauge_read().fill;

	if (fill.size == 0)
		return json_null();
	return json_pack("{s:I, s:o, s:I, s:I, s:I}",
	    "size", (json_int_t)fill.size,
	    "least", fill.least < 0 ? json_null() :
	    json_integer((json_int_t)fill.least),
	    "most", (json_int_t)fill.most,
	    "empty", (json_int_t)fill.empty,
	    "full", (json_int_t)fill.full);
}

static json_t *
digest_object(const struct digest_value *digest)
{
	char text[DIGEST_TEXT];

	if (digest->algorithm == DIGEST_NONE)
		return json_null();
	digest_text(text, digest);
	return json_pack("{s:s, s:s}",
	    "algorithm", digest_name(digest->algorithm), "value", text);
}

/** Return the methods that were tried. */
static json_t *
methods_array(const struct zc_result *result)
{
	json_t *methods = json_array();

	for (int m = ZC_AUTO + 1; m < ZC_METHODS; m++) {
		const struct zc_method_use *use = &result->use[m];

		if ((use->calls > 0 || use->refused != 0) &&
		    json_array_append_new(methods,
		    method_object((enum zc_method)m, use)) < 0) {
			json_decref(methods);
			return NULL;
		}
	}
	return methods;
}

static json_t *
summary_object(const struct summary *summary)
{
	const struct zc_result *result = &summary->result;
	const double copied = summary->copied;

	return json_pack("{s:i, s:s, s:o, s:I, s:I, s:I, s:I, s:o, s:o, "
	    "s:{s:f, s:f}, s:o, s:o, s:o, s:o, s:i, s:o}",
	    "schema", 1,
	    "version", zc_version(),
	    "source", source_object(summary),
	    "bytes", (json_int_t)result->bytes,
	    "resumed", (json_int_t)summary->resumed,
	    "header_bytes", (json_int_t)result->header_bytes,
	    "trailer_bytes", (json_int_t)result->trailer_bytes,
	    "dest", dests_array(summary),
	    "methods", methods_array(result),
	    "seconds",
	    "copy", copied,
	    "total", clock_seconds_since(gauge_read().began),
	    "bytes_per_second", json_integer(copied > 0 ?
	    (json_int_t)((double)result->bytes / copied) : 0),
	    "cpu_seconds", cpu_object(),
	    "buffer", buffer_object(),
	    "digest", digest_object(&summary->digest),
	    "status", summary->status,
	    "error", error_text(summary->status, summary->error));
}

/** Print the summary as one line.  Return as json_text_write(). */
static enum status
print(const struct summary *summary, FILE *file)
{
	return json_text_write(file, summary_object(summary), 9);
}

enum status
summary_print(const struct summary *summary, bool errors)
{
	static char buffer[64 * 1024];
	enum status status;

	/* One write(2), so that it stays whole among the output of others. */
	if (errors)
		(void)setvbuf(stderr, buffer, _IOFBF, sizeof(buffer));
	status = print(summary, errors ? stderr : stdout);
	if (status != STATUS_OK)
		return status;
	/* DEST is complete, so the status is not that of output_flush(). */
	if (!errors)
		return output_flush() == STATUS_OK ? STATUS_OK : STATUS_OTHER;
	if (fflush(stderr) == 0)
		return STATUS_OK;
	diag_errno("standard error", "write the JSON object");
	return STATUS_OTHER;
}

enum status
summary_write(const struct summary *summary, const char *path)
{
	FILE *file = fopen(path, "we");
	enum status status;
	bool failed;

	if (file == NULL) {
		diag_errno(path, "--json-file");
		return STATUS_OTHER;
	}
	status = print(summary, file);
	errno = EIO;			/* ferror(3) has no errno */
	failed = ferror(file) != 0;
	if ((fclose(file) != 0 || failed) && status == STATUS_OK) {
		diag_errno(path, "--json-file");
		status = STATUS_OTHER;
	}
	return status;
}
