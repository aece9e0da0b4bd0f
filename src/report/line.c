#include "config.h"

#include "line.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "../base/diag.h"

/* Below this nothing is called stalled: a disk may take a second for a call. */
#define STALLED		2.0		/* seconds */

#define GAP		2		/* columns between two fields */
#define LEFT_MOST	8640000.0	/* seconds: a hundred days */
#define BAR_LEAST	12		/* columns, with its brackets */
#define BAR_MOST	60

/* The fields, in the order in which they are drawn. */
enum field { BYTES, ELAPSED, PART, BAR, SPEED, AVERAGE, LEFT, BUFFER, SLOWEST,
	FIELDS };

/* In this order they are left out, from the end, if the line is too narrow:
 * while bytes move, and while something is waited for. */
static const enum field while_moving[FIELDS] = {
	BYTES, SPEED, PART, LEFT, ELAPSED, BUFFER, SLOWEST, BAR, AVERAGE,
};
static const enum field while_waiting[FIELDS] = {
	SPEED, PART, BYTES, ELAPSED, BUFFER, SLOWEST, BAR, LEFT, AVERAGE,
};

struct fields {
	char text[FIELDS][48];		/* "": nothing to show */
};

double
line_part(const struct view *view)
{
	if (view->expected < 0)
		return -1;
	if (view->bytes >= view->expected)
		return 1;
	return (double)view->bytes / (double)view->expected;
}

/** True if the view shows nothing moving that should. */
static bool
is_stalled(const struct view *view)
{
	return view->phase == PHASE_MOVING && view->waited >= STALLED;
}

double
line_left(const struct view *view)
{
	if (view->expected < 0 || view->average <= 0 || is_stalled(view))
		return -1;
	return (double)MAX(view->expected - view->bytes, 0) / view->average;
}

/** Write a number of bytes with three digits: "999 B", "1.32 GB". */
static void
write_amount(char *text, size_t size, double bytes)
{
	static const char units[] = "kMGTPE";
	int unit = -1;

	if (bytes < 999.5) {
		snprintf(text, size, "%.0f B", bytes);
		return;
	}
	/* 999.6 kB would be written as 1000. */
	do {
		bytes /= 1000;
		unit++;
	} while (bytes >= 999.5 && units[unit + 1] != '\0');
	snprintf(text, size, "%.*f %cB", bytes < 9.995 ? 2 : bytes < 99.95 ? 1 :
	    0, bytes, units[unit]);
}

/** Write a time: "0:07", "1:02:03", "3d 04:05". */
static void
write_time(char *text, size_t size, double seconds)
{
	int all = (int)MIN(MAX(seconds, 0), INT_MAX);
	int days = all / 86400, hours = all / 3600 % 24;

	if (days > 0)
		snprintf(text, size, "%dd %02d:%02d", days, hours,
		    all / 60 % 60);
	else if (hours > 0)
		snprintf(text, size, "%d:%02d:%02d", hours, all / 60 % 60,
		    all % 60);
	else
		snprintf(text, size, "%d:%02d", all / 60, all % 60);
}

/** Write what goes on: a speed, or what is waited for, and for how long. */
static void
write_state(char *text, size_t size, const struct view *view)
{
	char amount[24];

	if (is_stalled(view)) {
		snprintf(text, size, "stalled %.0f s", floor(view->waited));
	} else if (view->phase == PHASE_MOVING) {
		write_amount(amount, sizeof(amount), view->speed);
		snprintf(text, size, "%s/s", amount);
	} else if (view->waited < 1) {
		snprintf(text, size, "%s", gauge_phase_name(view->phase));
	} else {
		snprintf(text, size, "%s %.0f s", gauge_phase_name(view->phase),
		    floor(view->waited));
	}
}

/** Write all fields but the bar. */
static void
write_fields(struct fields *fields, const struct view *view)
{
	const size_t size = sizeof(fields->text[0]);
	const double part = line_part(view), left = line_left(view);
	char text[24];

	*fields = (struct fields){ .text = { "" } };
	if (view->bytes > 0 || view->phase >= PHASE_MOVING)
		write_amount(fields->text[BYTES], size, (double)view->bytes);
	if (view->elapsed >= 0)
		write_time(fields->text[ELAPSED], size, view->elapsed);
	/* 100 % means that all has been moved: round down. */
	if (part >= 0 && view->phase >= PHASE_MOVING)
		snprintf(fields->text[PART], size, "%.0f%%", floor(part * 100));
	write_state(fields->text[SPEED], size, view);
	if (view->phase != PHASE_MOVING)
		return;
	if (view->buffered)
		snprintf(fields->text[BUFFER], size, "buffer %.0f%%",
		    floor(view->fill * 100));
	if (view->slowest != NULL) {
		diag_escape(text, sizeof(text), view->slowest);
		snprintf(fields->text[SLOWEST], size, "slowest: %s", text);
	}
	if (view->average > 0) {
		write_amount(text, sizeof(text), view->average);
		snprintf(fields->text[AVERAGE], size, "avg %s/s", text);
	}
	if (left >= 0 && left < LEFT_MOST) {
		write_time(text, sizeof(text), ceil(left));
		snprintf(fields->text[LEFT], size, "ETA %s", text);
	}
}

/** Choose the fields that fit.  Return the columns that they take, with the
 * gaps between them, and with BAR_LEAST for the bar. */
static int
choose(bool shown[FIELDS], const struct fields *fields,
    const enum field important[FIELDS], int width)
{
	int used = -GAP;

	for (int i = 0; i < FIELDS; i++) {
		const enum field field = important[i];
		int columns = field == BAR ? BAR_LEAST :
		    (int)strlen(fields->text[field]);

		shown[field] = columns > 0 && used + GAP + columns <= width;
		if (shown[field])
			used += GAP + columns;
	}
	return used;
}

/** Append a bar whose inside is `cells` columns wide. */
static void
add_bar(char *line, double part, int cells)
{
	int full = (int)(part * cells);

	for (int i = 0; i < cells; i++)
		strlcat(line, i < full ? "=" : i == full ? ">" : " ",
		    LINE_SIZE);
}

/** As add_bar(), in eighths of a column. */
static void
add_fine_bar(char *line, double part, int cells)
{
	static const char *const eighths[] = {
		" ", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a",
		"\u2589", "\u2588",
	};
	int full = (int)(part * cells * 8);

	for (int i = 0; i < cells; i++)
		strlcat(line, eighths[MIN(MAX(full - 8 * i, 0), 8)], LINE_SIZE);
}

/** Append a pattern that goes to and fro. */
static void
add_pattern(char *line, unsigned beat, int cells)
{
	static const char pattern[] = "<=>";
	const int length = (int)strlen(pattern), ways = cells - length;
	int at = (int)(beat % (unsigned)(2 * ways));

	if (at > ways)
		at = 2 * ways - at;
	for (int i = 0; i < cells; i++) {
		const char cell[] = { i >= at && i < at + length ?
			pattern[i - at] : ' ', '\0' };

		strlcat(line, cell, LINE_SIZE);
	}
}

void
line_draw(char line[LINE_SIZE], const struct view *view, int width, bool utf8)
{
	const double part = line_part(view);
	struct fields fields;
	bool shown[FIELDS];
	int cells, used;

	write_fields(&fields, view);
	used = choose(shown, &fields, view->phase != PHASE_MOVING ||
	    is_stalled(view) ? while_waiting : while_moving, width);
	cells = MIN(BAR_LEAST + width - used, BAR_MOST) - 2;
	*line = '\0';
	for (int i = 0; i < FIELDS; i++) {
		if (!shown[i])
			continue;
		if (*line != '\0')
			strlcat(line, "  ", LINE_SIZE);
		if (i != BAR) {
			strlcat(line, fields.text[i], LINE_SIZE);
			continue;
		}
		strlcat(line, "[", LINE_SIZE);
		if (part < 0 || view->phase < PHASE_MOVING)
			add_pattern(line, view->beat, cells);
		else if (utf8)
			add_fine_bar(line, part, cells);
		else
			add_bar(line, part, cells);
		strlcat(line, "]", LINE_SIZE);
	}
}

void
line_say(char line[LINE_SIZE], const struct view *view)
{
	const double part = line_part(view), left = line_left(view);
	int used = snprintf(line, LINE_SIZE, "%" PRId64 " bytes", view->bytes);

	if (part >= 0)
		used += snprintf(line + used, LINE_SIZE - (size_t)used,
		    " (%.0f %% of %" PRId64 ")", floor(part * 100),
		    view->expected);
	used += snprintf(line + used, LINE_SIZE - (size_t)used,
	    " in %.3f s, %.1f MB/s", MAX(view->elapsed, 0),
	    view->average / 1e6);
	if (left >= 0 && view->phase == PHASE_MOVING)
		used += snprintf(line + used, LINE_SIZE - (size_t)used,
		    ", %.0f s left", ceil(left));
	used += snprintf(line + used, LINE_SIZE - (size_t)used, ": %s%s",
	    is_stalled(view) ? "stalled while " : "",
	    gauge_phase_name(view->phase));
	if (view->buffered && view->phase == PHASE_MOVING)
		used += snprintf(line + used, LINE_SIZE - (size_t)used,
		    ", buffer %.0f %% full", floor(view->fill * 100));
	if (view->slowest != NULL && view->phase == PHASE_MOVING)
		snprintf(line + used, LINE_SIZE - (size_t)used,
		    ", slowest %s", view->slowest);
}
