#include "config.h"

#include "ticker.h"

#include <stdio.h>
#include <unistd.h>

#include "../base/diag.h"

/** True if progress is a line that is redrawn. */
static bool
is_drawn(const struct report *report)
{
	return !report->quiet && isatty(STDERR_FILENO);
}

static size_t
number_of(const struct report *report, const struct record *record)
{
	return (size_t)(record - report->record) + 1;
}

void
ticker_begin(const struct report *report, const struct record *record)
{
	if (!is_drawn(report))
		diag_note("%zu/%zu %s", number_of(report, record),
		    report->routes->count, record->route->name);
}

void
ticker_show(const struct report *report, const struct record *record,
    size_t round, enum zc_method method)
{
	char line[256];

	if (!is_drawn(report))
		return;
	snprintf(line, sizeof(line), "%zu/%zu %s: round %zu of %zu, %s",
	    number_of(report, record), report->routes->count,
	    record->route->name, round, report->rounds,
	    zc_method_name(method));
	(void)diag_draw(line);
}

void
ticker_clear(const struct report *report)
{
	if (is_drawn(report))
		(void)diag_draw("");
}
