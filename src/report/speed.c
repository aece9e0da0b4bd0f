#include "config.h"

#include "speed.h"

#include <sys/param.h>

void
speed_note(struct speed *speed, int64_t time, int64_t bytes)
{
	const size_t at = speed->count++ % SPEED_SAMPLES;

	speed->sample[at].time = time;
	speed->sample[at].bytes = bytes;
}

double
speed_now(const struct speed *speed)
{
	const size_t kept = MIN(speed->count, SPEED_SAMPLES);
	size_t first, last;
	int64_t time, bytes;

	if (kept < 2)
		return 0;
	last = (speed->count - 1) % SPEED_SAMPLES;
	first = (speed->count - kept) % SPEED_SAMPLES;
	time = speed->sample[last].time - speed->sample[first].time;
	bytes = speed->sample[last].bytes - speed->sample[first].bytes;
	return time > 0 && bytes > 0 ? (double)bytes * 1e9 / (double)time : 0;
}
