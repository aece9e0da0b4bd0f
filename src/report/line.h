/*
 * How far a run is, in words: the progress line, and what SIGUSR1 prints.
 *
 * Pure functions: what they show is in struct view.
 */
#ifndef REPORT_LINE_H
#define REPORT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/gauge.h"

struct view {
	enum phase phase;
	int64_t bytes;			/* moved */
	int64_t expected;		/* in all; -1: unknown */
	double elapsed;			/* seconds since the run began */
	double waited;			/* seconds in this phase without a byte
					   that moved */
	double speed, average;		/* bytes a second: now, and since the
					   first byte */
	const char *slowest;		/* of several destinations; or NULL */
	bool buffered;			/* --buffer */
	double fill;			/* the part of it that is full, from 0
					   to 1 */
	unsigned beat;			/* redraws so far: moves the pattern
					   that stands for a bar */
};

/* Bytes, with the final NUL: enough for 1000 columns in UTF-8. */
#define LINE_SIZE	4096

/** Draw the view in at most `width` columns: no escape codes, no newline.  Of
 * what does not fit, the least important is left out. */
void line_draw(char line[LINE_SIZE], const struct view *, int width, bool utf8);

/** Say the same in one sentence, with exact numbers. */
void line_say(char line[LINE_SIZE], const struct view *);

/** Return the seconds that are left at the average speed, or -1: unknown. */
double line_left(const struct view *);

/** Return the part that is done, from 0 to 1, or -1: unknown. */
double line_part(const struct view *);

#endif
