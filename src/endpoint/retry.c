#include "config.h"

#include "retry.h"

#include <errno.h>
#include <sys/param.h>

#include "../base/clock.h"
#include "../base/diag.h"
#include "../base/deadline.h"
#include "../base/random.h"

#define PAUSE_FIRST	250		/* milliseconds */
#define DOUBLINGS	5

/** Return the pause in milliseconds: half of it fixed, half random. */
static int
pause_of(int attempt)
{
	uint32_t pause = (uint32_t)PAUSE_FIRST << MIN(attempt, DOUBLINGS);

	return (int)(pause / 2 + random_below(pause / 2 + 1));
}

/** Sleep.  False if a signal ends us. */
static bool
sleep_for(struct deadline *deadline, int milliseconds)
{
	int64_t began;
	int left = milliseconds;

	deadline_remove(deadline);
	began = clock_now();
	while (left > 0) {
		if (deadline_poll(deadline, NULL, 0, left) < 0)
			return false;
		left = milliseconds - (int)(clock_seconds_since(began) * 1000);
	}
	return true;
}

bool
retry_after(struct endpoint *ep, int attempt, const char *why)
{
	int error = errno, pause = pause_of(attempt);

	if (attempt >= ep->options->retry || error == EINTR)
		return false;
	diag_verbose("%s: connect: %s; again in %d.%03d s", ep->name, why,
	    pause / 1000, pause % 1000);
	return sleep_for(&ep->deadline, pause);
}
