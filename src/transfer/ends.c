#include "config.h"

#include "ends.h"

#include "../base/diag.h"
#include "../base/signals.h"
#include "tally.h"

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
