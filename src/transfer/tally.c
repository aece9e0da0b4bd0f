#include "config.h"

#include "tally.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/param.h>

#include "../base/minmax.h"
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

/* What becomes of the bytes that were moved if the transfer fails. */
enum fate {
	DELIVERED,
	DROPPED,			/* DEST is replaced whole, or not */
	MIXED,				/* dropped by some destinations only */
};

static enum fate
fate_of(const struct endpoint *dest)
{
	return endpoint_has(dest, ENDPOINT_REPLACES) ? DROPPED : DELIVERED;
}

/** Return the fate of what all destinations have got. */
static enum fate
fate_of_all(struct ends *ends)
{
	struct dest *first = ends_next(ends, NULL);
	enum fate fate = first != NULL ? fate_of(&first->end) : DELIVERED;

	FOR_EACH_DEST(dest, ends)
		if (fate_of(&dest->end) != fate)
			return MIXED;
	return fate;
}

/** Return "(12 bytes delivered", to which the caller may add. */
static struct tally
begin(enum fate fate, int64_t bytes, int64_t wanted)
{
	struct tally tally = { "(" };

	add(&tally, "%" PRId64, bytes);
	if (wanted >= 0)
		add(&tally, " of %" PRId64, wanted);
	add(&tally, " bytes %s", fate == DELIVERED ? "delivered" : "moved");
	return tally;
}

/** Complete the text that begin() has begun. */
static struct tally
finish(struct tally tally, enum fate fate)
{
	static const char *const ends[] = {
		[DELIVERED] = "",
		[DROPPED] = "; DEST is unchanged",
		[MIXED] = "; files that are replaced are unchanged",
	};

	add(&tally, "%s)", ends[fate]);
	return tally;
}

struct tally
tally(struct ends *ends, int64_t bytes, int64_t wanted)
{
	const enum fate fate = fate_of_all(ends);

	return finish(begin(fate, bytes, wanted), fate);
}

/** Return how many bytes of all that was written to DEST have been taken; -1:
 * unknown. */
static int64_t
taken(const struct zc_result *result, const struct endpoint *dest)
{
	int unread;

	if (dest->role != ROLE_DEST)
		return -1;
	if (!endpoint_has(dest, ENDPOINT_COMMAND))
		return socket_acknowledged(dest);
	/* fd is -1 once the command has taken everything. */
	return dest->fd < 0 || ioctl(dest->fd, FIONREAD, &unread) < 0 ? -1 :
	    result->header_bytes + result->bytes + result->trailer_bytes -
	    unread;
}

int64_t
tally_arrived(const struct zc_result *result, const struct endpoint *dest)
{
	int64_t arrived = taken(result, dest);

	if (arrived < 0)
		return result->bytes;
	arrived -= result->header_bytes;
	/* The trailer and our FIN are acknowledged, too, but are no data. */
	return MIN(MAX(arrived, 0), result->bytes);
}

/** Return the text for a result of which so many bytes have arrived. */
static struct tally
of_result(const struct zc_result *result, int64_t arrived, enum fate fate)
{
	struct tally tally = begin(fate, arrived, -1);

	if (arrived < result->bytes)
		add(&tally, " of %" PRId64 " that were sent", result->bytes);
	if (result->lost > 0)
		add(&tally, ", %" PRId64 " more were read and are lost",
		    result->lost);
	return finish(tally, fate);
}

struct tally
tally_result(const struct zc_result *result, struct ends *ends)
{
	int64_t arrived = result->bytes;

	FOR_EACH_DEST(dest, ends)
		arrived = min64(arrived, tally_arrived(&dest->result,
		    &dest->end));
	return of_result(result, arrived, fate_of_all(ends));
}

struct tally
tally_dest(const struct zc_result *result, const struct endpoint *dest)
{
	return of_result(result, tally_arrived(result, dest), fate_of(dest));
}
