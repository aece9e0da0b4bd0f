#include "config.h"

#include "tally.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "../endpoint/socket.h"

/** Append, and cut what does not fit. */
static void __attribute__((format(printf, 2, 3)))
add(struct tally *tally, const char *format, ...)
{
	size_t length = strlen(tally->text);
	va_list args;

	va_start(args, format);
	vsnprintf(tally->text + length, sizeof(tally->text) - length, format,
	    args);
	va_end(args);
}

/** True if a transfer that fails leaves DEST as it was: it will get none of the
 * bytes that were moved. */
static bool
is_unchanged(const struct endpoint *dest)
{
	return endpoint_has(dest, ENDPOINT_REPLACES);
}

/** Return "(12 bytes delivered", to which the caller may add. */
static struct tally
begin(const struct endpoint *dest, int64_t bytes, int64_t wanted)
{
	struct tally tally = { "(" };

	add(&tally, "%" PRId64, bytes);
	if (wanted >= 0)
		add(&tally, " of %" PRId64, wanted);
	add(&tally, " bytes %s", is_unchanged(dest) ? "moved" : "delivered");
	return tally;
}

/** Complete the text that begin() has begun. */
static struct tally
finish(struct tally tally, const struct endpoint *dest)
{
	add(&tally, "%s)", is_unchanged(dest) ? "; DEST is unchanged" : "");
	return tally;
}

struct tally
tally(const struct endpoint *dest, int64_t bytes, int64_t wanted)
{
	return finish(begin(dest, bytes, wanted), dest);
}

int64_t
tally_arrived(const struct zc_result *result, const struct endpoint *dest)
{
	int64_t acknowledged = -1;

	if (dest->role == ROLE_DEST)
		acknowledged = socket_acknowledged(dest);
	if (acknowledged < 0)
		return result->bytes;
	acknowledged -= result->header_bytes;
	/* The trailer and our FIN are acknowledged, too, but are no data. */
	return MIN(MAX(acknowledged, 0), result->bytes);
}

struct tally
tally_result(const struct zc_result *result, const struct endpoint *dest)
{
	int64_t bytes = tally_arrived(result, dest);
	struct tally tally = begin(dest, bytes, -1);

	if (bytes < result->bytes)
		add(&tally, " of %" PRId64 " that were sent", result->bytes);
	if (result->lost > 0)
		add(&tally, ", %" PRId64 " more were read and are lost",
		    result->lost);
	return finish(tally, dest);
}
