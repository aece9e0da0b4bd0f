#include "config.h"

#include "patience.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "../diag.h"
#include "../signals.h"
#include "../stopwatch.h"

static double limit;			/* seconds; 0: none */
static struct timespec since;
static bool grace;			/* an eighth of it is enough */
static bool late;			/* news came when the time was up */

void
patience_begin(const struct options *options, double by_default)
{
	limit = options->timeout >= 0 ? options->timeout : by_default;
	/* Whatever blocks looks at the time now and then. */
	(void)signals_tick(limit > 0 ? MIN(MAX(limit / 8, 0.01), 1.0) : 0);
	patience_renew();
}

void
patience_end(void)
{
	limit = 0;
	(void)signals_tick(0);
}

void
patience_renew(void)
{
	grace = late = false;
	if (limit > 0)
		stopwatch_start(&since);
}

void
patience_renew_a_little(void)
{
	patience_renew();
	grace = true;
}

bool
patience_over(void)
{
	double most = grace ? limit / 8 : limit;

	return limit > 0 && stopwatch_seconds(&since) >= most;
}

double
patience_limit(void)
{
	return limit;
}

const char *
patience_reason(int error)
{
	static char text[64];

	if (error != ETIMEDOUT || !patience_over())
		return strerror(error);
	snprintf(text, sizeof(text), "nothing moved for %g s", limit);
	return text;
}

bool
patience_left(const char *state)
{
	int error = errno;

	if (error != EINTR || signals_caught() != 0)
		return false;
	if (patience_over()) {
		errno = ETIMEDOUT;
		return false;
	}
	if (signals_status_wanted())
		diag_error(NULL, "%s", state);
	return true;
}

/** The rest of our patience, if that is less; milliseconds, as for poll(2). */
static int
shorten(int milliseconds)
{
	double rest = (limit - stopwatch_seconds(&since)) * 1000 + 1;

	if (limit <= 0 || (milliseconds >= 0 && milliseconds <= rest))
		return milliseconds;
	return (int)MIN(MAX(rest, 0), INT_MAX);
}

bool
patience_moved(ssize_t n, const char *state)
{
	if (n < 0)
		return patience_left(state);
	if (n > 0)
		patience_renew();
	if (signals_status_wanted())
		diag_error(NULL, "%s", state);
	/* A read(2) that never blocks never fails with EINTR. */
	errno = signals_caught() != 0 ? EINTR : 0;
	return n > 0 && errno == 0;
}

int
patience_poll(struct pollfd *polled, unsigned count, int milliseconds,
    const char *state)
{
	int ready = poll(polled, count, shorten(milliseconds));

	if (ready < 0 && !patience_left(state))
		return -1;
	/* A poll(2) that returns at once never fails with EINTR. */
	errno = EINTR;
	if (signals_caught() != 0)
		return -1;
	if (!patience_over())
		return MAX(ready, 0);
	/* The time is up.  The news may have come in time, while SIGSTOP held
	 * us: return it once.  Later news, without patience_renew(), is too
	 * late. */
	errno = ETIMEDOUT;
	if (ready <= 0 || late)
		return -1;
	late = true;
	return ready;
}

enum status
patience_check(const struct options *options)
{
	if (options->timeout <= 0 || signals_tick(1) == 0)
		return STATUS_OK;
	diag_errno("--timeout", "timer");
	return STATUS_OTHER;
}
