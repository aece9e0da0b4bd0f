#include "config.h"

#include "ticker.h"

#include <stdio.h>

#include "../base/clock.h"
#include "../base/diag.h"
#include "plan.h"

/** True if progress is a line that is redrawn. */
static bool
is_drawn(const struct report *report)
{
	return !report->quiet && diag_can_draw();
}

static size_t
number_of(const struct report *report, const struct record *record)
{
	return (size_t)(record - report->record) + 1;
}

void
ticker_estimate(const struct report *report)
{
	char words[32];

	plan_words(words, sizeof(words), plan_left(report, 0, 0, clock_now()));
	diag_note("the benchmark will take %s%s", words, report->max_time < 0 ?
	    " (--max-time=SECONDS limits it)" : "");
}

void
ticker_begin(const struct report *report, const struct record *record)
{
	if (!is_drawn(report))
		diag_note("%zu/%zu %s", number_of(report, record),
		    report->routes->count, record->route->name);
}

/** Write ", about 40 s left"; "" before any method has been found. */
static void
put_left(char *to, size_t size, const struct report *report,
    const struct record *record, size_t round)
{
	const size_t i = number_of(report, record) - 1;
	char words[32];

	*to = '\0';
	if (record->count == 0)
		return;
	plan_words(words, sizeof(words), plan_left(report, i, round,
	    clock_now()));
	snprintf(to, size, ", %s left", words);
}

void
ticker_show(const struct report *report, const struct record *record,
    size_t round, enum zc_method method)
{
	char line[256], left[64];

	if (!is_drawn(report))
		return;
	put_left(left, sizeof(left), report, record, round);
	snprintf(line, sizeof(line), "%zu/%zu %s: round %zu of %zu, %s%s",
	    number_of(report, record), report->routes->count,
	    record->route->name, round, report->rounds,
	    zc_method_name(method), left);
	(void)diag_draw(line);
}

void
ticker_clear(const struct report *report)
{
	if (is_drawn(report))
		(void)diag_draw("");
}
