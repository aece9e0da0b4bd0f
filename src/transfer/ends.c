#include "config.h"

#include "ends.h"

#include "../base/diag.h"
#include "../base/signals.h"
#include "tally.h"
#include "user.h"

struct dest *
ends_next(struct ends *ends, struct dest *dest)
{
	dest = dest == NULL ? ends->dest : dest + 1;
	for (; dest < ends->dest + ends->count; dest++)
		if (dest->status == STATUS_OK)
			return dest;
	return NULL;
}

struct endpoint *
ends_begin_step(struct dest *dest)
{
	diag_keep(&dest->error);
	return &dest->end;
}

enum status
ends_end_step(struct ends *ends, struct dest *dest, enum status status)
{
	diag_keep(NULL);
	if (status == STATUS_OK)
		return STATUS_OK;
	dest->status = status;
	if (ends->failed == NULL)
		ends->failed = dest;
	dest->result.bytes = tally_arrived(&dest->result, &dest->end);
	ends_abort_dest(dest);
	return signals_caught() != 0 || ends->source.options->all_or_none ||
	    ends_next(ends, NULL) == NULL ? status : STATUS_OK;
}

/** Open the destinations whose traits, as far as they are in `mask`, are
 * `traits`. */
static enum status
open_those(struct ends *ends, unsigned mask, unsigned traits,
    ends_opener *opener, void *arg)
{
	enum status status;

	FOR_EACH_DEST(dest, ends) {
		if ((dest->end.type->traits & mask) != traits)
			continue;
		status = opener(ends, dest, arg);
		if (status != STATUS_OK)
			return status;
		if (dest->status != STATUS_OK)
			continue;
		status = endpoint_check_distinct(&ends->source, &dest->end);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

enum status
ends_open_dests(struct ends *ends, ends_opener *opener, void *arg)
{
	const char *user = ends->source.options->user;
	enum status status;

	if (user == NULL)
		return open_those(ends, 0, 0, opener, arg);
	status = open_those(ends, ENDPOINT_LISTENS, ENDPOINT_LISTENS, opener,
	    arg);
	if (status != STATUS_OK)
		return status;
	status = user_become(user);
	return status != STATUS_OK ? status :
	    open_those(ends, ENDPOINT_LISTENS, 0, opener, arg);
}

bool
ends_have_file(struct ends *ends)
{
	FOR_EACH_DEST(dest, ends)
		if (endpoint_kind(&dest->end) == ZC_REGULAR)
			return true;
	return false;
}

void
ends_abort_dest(struct dest *dest)
{
	(void)cache_end(&dest->cache);
	endpoint_abort(&dest->end);
}

const char *
ends_label(const struct ends *ends, const struct dest *dest)
{
	return ends->count > 1 ? dest->end.name : NULL;
}
