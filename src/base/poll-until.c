#include "config.h"

#include "poll-until.h"

#include "clock.h"

int
poll_until(struct pollfd *polled, size_t count, int64_t until)
{
	const struct timespec left =
	    clock_timespec(until != 0 ? clock_left(until) : 0);

	return ppoll(polled, (nfds_t)count, until != 0 ? &left : NULL, NULL);
}
