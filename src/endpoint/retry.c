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

/** Return a pause in milliseconds: half of it fixed, half random. */
static int
choose_pause(int failed)
{
	uint32_t pause = (uint32_t)PAUSE_FIRST << MIN(failed, DOUBLINGS);

	return (int)(pause / 2 + random_below(pause / 2 + 1));
}

/** Return the pause before the next attempt, in milliseconds, or -1 if none is
 * due. */
static int
pause_after(const struct retry *retry, const struct options *options)
{
	const int pause = choose_pause(retry->failed);
	double left;			/* milliseconds */

	if (options->retry_for == 0)
		return retry->failed < options->retry ? pause : -1;
	if (options->retry > 0 && retry->failed >= options->retry)
		return -1;
	left = (options->retry_for - clock_seconds_since(retry->began)) * 1000;
	/* Round up, so that the last attempt is not followed by another one
	 * within the same millisecond. */
	return left <= 0 ? -1 : left < pause ? (int)left + 1 : pause;
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
retry_after(struct retry *retry, struct endpoint *ep, const char *why)
{
	const int error = errno, pause = pause_after(retry, ep->options);

	errno = error;
	if (pause < 0 || error == EINTR)
		return false;
	retry->failed++;
	diag_verbose("%s: connect: %s; again in %d.%03d s", ep->name, why,
	    pause / 1000, pause % 1000);
	return sleep_for(&ep->deadline, pause);
}
