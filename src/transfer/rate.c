#include "config.h"

#include "rate.h"

#include <sys/param.h>

#include "../base/clock.h"

#define STEPS	100			/* in a second, unless it is slower
					   than a block in that time */
#define DEPTH	10			/* the bucket holds a second's bytes
					   divided by this, and a step */

/* Steps are whole pages where the rate allows that.  To write a part of a page
 * to a disk or an old file, the kernel has to read the page first. */
#define PAGE	((int64_t)4096)

/** Round down to whole pages, or if it is less than a page, to whole blocks. */
static int64_t
round_down(const struct rate *rate, int64_t bytes)
{
	int64_t page = MAX(rate->block, PAGE);

	return bytes - bytes % (bytes >= page ? page : rate->block);
}

void
rate_begin(struct rate *rate, int64_t limit, int64_t block)
{
	*rate = (struct rate){ .limit = limit, .block = block,
		.empty = clock_now() };
	rate->step = round_down(rate, MAX(limit / STEPS, block));
}

/** Return how long so many bytes take, in nanoseconds. */
static double
time_of(const struct rate *rate, double bytes)
{
	return bytes * 1e9 / (double)rate->limit;
}

/** Return how many tokens there are: less than 0 if more was moved than was
 * allowed.  Spill what the bucket cannot hold. */
static double
tokens(struct rate *rate)
{
	double most = (double)(rate->step + rate->limit / DEPTH);
	int64_t now = clock_now();
	double there = (double)(now - rate->empty) / 1e9 *
	    (double)rate->limit - (double)rate->moved;

	if (there <= most)
		return there;
	rate->empty = now - (int64_t)time_of(rate, most);
	rate->moved = 0;
	return most;
}

int64_t
rate_allow(struct rate *rate, int64_t bytes, int64_t *until)
{
	/* Once there are few, wait for many: calls of a few bytes, and short
	 * pauses, cost CPU time. */
	int64_t few = MIN(bytes, MAX(rate->step / 4, rate->block));
	int64_t many = MIN(bytes, rate->step);
	double there = tokens(rate);

	rate->waits = there < (double)(rate->waits ? many : few);
	if (!rate->waits)
		return there >= (double)bytes ? bytes :
		    round_down(rate, (int64_t)there);
	*until = rate->empty + 1 +
	    (int64_t)time_of(rate, (double)(rate->moved + many));
	return 0;
}

void
rate_count(struct rate *rate, int64_t bytes)
{
	rate->moved += bytes;
}
