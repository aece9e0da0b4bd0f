#include "config.h"

#include "view.h"

static double
seconds_between(int64_t from, int64_t to)
{
	return from > 0 && to > from ? (double)(to - from) / 1e9 : 0;
}

struct view
view_of(const struct gauge *gauge, int64_t now)
{
	const double moving = seconds_between(gauge->moving,
	    gauge->moved > 0 ? gauge->moved : now);
	const double average = moving > 0 ? (double)gauge->bytes / moving : 0;

	return (struct view){
		.phase = gauge->phase,
		.bytes = gauge->resumed + gauge->bytes,
		.expected = gauge->expected < 0 ? -1 :
		    gauge->resumed + gauge->expected,
		.elapsed = seconds_between(gauge->began, now),
		.waited = seconds_between(gauge->changed, now),
		.speed = average,
		.average = average,
		.slowest = gauge->slowest,
		.buffered = gauge->fill.size > 0,
		.fill = gauge->fill.size > 0 ? (double)gauge->fill.now /
		    (double)gauge->fill.size : 0,
	};
}
