/*
 * Wait until a destination is settled (see endpoint.h), alone or beside others.
 */
#include "config.h"

#include <sys/param.h>

#include "../base/clock.h"
#include "../base/deadline.h"
#include "endpoint.h"

#define PAUSE_MOST	50		/* ms */

bool
endpoint_is_awaited(const struct endpoint *ep)
{
	return endpoint_has_peer(ep) || endpoint_has(ep, ENDPOINT_COMMAND);
}

enum status
endpoint_await(struct endpoint *ep, bool alone)
{
	const bool taken = ep->taken;
	enum status status;

	if (ep->awaited == 0) {
		ep->awaited = clock_now();
		ep->pause = 1;
		deadline_begin(&ep->deadline, ep->options,
		    endpoint_has_peer(ep) ? DEADLINE_CONNECT : DEADLINE_NEVER);
	}
	do {
		status = ep->type->await(ep, alone ? -1 : ep->pause);
		ep->pause = MIN(2 * ep->pause, PAUSE_MOST);
		ep->taken |= ep->settled;
	} while (status == STATUS_OK && !ep->settled && ep->taken == taken &&
	    alone);
	ep->waited = clock_seconds_since(ep->awaited);
	return status;
}
