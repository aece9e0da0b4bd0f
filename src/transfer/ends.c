#include "config.h"

#include "ends.h"

struct dest *
ends_next(struct ends *ends, struct dest *dest)
{
	dest = dest == NULL ? ends->dest : dest + 1;
	for (; dest < ends->dest + ends->count; dest++)
		if (dest->status == STATUS_OK)
			return dest;
	return NULL;
}
