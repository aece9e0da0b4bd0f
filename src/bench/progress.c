#include "config.h"

#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "../base/diag.h"

#define ERASE	"\033[K"		/* to the end of the line */

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
progress_begin(const struct report *report, const struct record *record)
{
	if (!is_drawn(report))
		diag_note("%zu/%zu %s", number_of(report, record),
		    report->routes->count, record->route->name);
}

void
progress_show(const struct report *report, const struct record *record,
    size_t round, enum zc_method method)
{
	/* Leave the cursor at the start, so that messages overwrite the
	 * line. */
	if (is_drawn(report))
		fprintf(stderr, ERASE "%zu/%zu %s: round %zu of %zu, %s\r",
		    number_of(report, record), report->routes->count,
		    record->route->name, round, report->rounds,
		    zc_method_name(method));
}

void
progress_clear(const struct report *report)
{
	if (is_drawn(report))
		fputs(ERASE, stderr);
}
