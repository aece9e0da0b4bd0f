/*
 * The progress line, for each width and state: a pure function, and a table.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "../src/report/line.h"

#define GB	INT64_C(1000000000)

static const struct {
	const char *what;
	int width;
	bool utf8;
	struct view view;
	const char *line;
} cases[] = {
	{ "half of a known size", 79, false,
	    { .phase = PHASE_MOVING, .bytes = 2 * GB, .expected = 4 * GB,
	    .elapsed = 10, .speed = 210e6, .average = 200e6 },
	    "2.00 GB  0:10  50%  [===========>           ]  210 MB/s  "
	    "avg 200 MB/s  ETA 0:10" },
	{ "the same in UTF-8", 79, true,
	    { .phase = PHASE_MOVING, .bytes = 2 * GB, .expected = 4 * GB,
	    .elapsed = 10, .speed = 210e6, .average = 200e6 },
	    "2.00 GB  0:10  50%  "
	    "[███████████▌           ]  210 MB/s  avg 200 MB/s  ETA 0:10" },
	{ "the same in 20 columns", 19, false,
	    { .phase = PHASE_MOVING, .bytes = 2 * GB, .expected = 4 * GB,
	    .elapsed = 10, .speed = 210e6, .average = 200e6 },
	    "2.00 GB  210 MB/s" },
	{ "the same in 40 columns", 39, false,
	    { .phase = PHASE_MOVING, .bytes = 2 * GB, .expected = 4 * GB,
	    .elapsed = 10, .speed = 210e6, .average = 200e6 },
	    "2.00 GB  0:10  50%  210 MB/s  ETA 0:10" },
	{ "the same in 5 columns: nothing fits", 4, false,
	    { .phase = PHASE_MOVING, .bytes = 2 * GB, .expected = 4 * GB,
	    .elapsed = 10, .speed = 210e6, .average = 200e6 },
	    "50%" },
	{ "nearly all is not all", 40, false,
	    { .phase = PHASE_MOVING, .bytes = 4 * GB - 1, .expected = 4 * GB,
	    .elapsed = 10, .speed = 210e6, .average = 200e6 },
	    "4.00 GB  0:10  99%  210 MB/s  ETA 0:01" },
	{ "an unknown size", 60, false,
	    { .phase = PHASE_MOVING, .bytes = 999, .expected = -1,
	    .elapsed = 1, .speed = 999.4, .average = 999.6, .beat = 2 },
	    "999 B  0:01  [  <=>                ]  999 B/s  avg 1.00 kB/s" },
	{ "the pattern at the end of its way", 60, false,
	    { .phase = PHASE_MOVING, .bytes = 999, .expected = -1,
	    .elapsed = 1, .speed = 999.4, .average = 999.6, .beat = 18 },
	    "999 B  0:01  [                  <=>]  999 B/s  avg 1.00 kB/s" },
	{ "the pattern on its way back", 60, false,
	    { .phase = PHASE_MOVING, .bytes = 999, .expected = -1,
	    .elapsed = 1, .speed = 999.4, .average = 999.6, .beat = 20 },
	    "999 B  0:01  [                <=>  ]  999 B/s  avg 1.00 kB/s" },
	{ "nothing moves", 40, false,
	    { .phase = PHASE_MOVING, .bytes = 2 * GB, .expected = 4 * GB,
	    .elapsed = 75, .waited = 12.9, .speed = 0, .average = 200e6 },
	    "2.00 GB  1:15  50%  stalled 12 s" },
	{ "a short pause is no stall", 40, false,
	    { .phase = PHASE_MOVING, .bytes = 2 * GB, .expected = 4 * GB,
	    .elapsed = 75, .waited = 1.9, .speed = 0, .average = 200e6 },
	    "2.00 GB  1:15  50%  0 B/s  ETA 0:10" },
	{ "before the first byte", 60, false,
	    { .phase = PHASE_CONNECTING, .expected = -1, .elapsed = 3,
	    .waited = 3.2 },
	    "0:03  [<=>                                 ]  connecting 3 s" },
	{ "after the last byte", 60, false,
	    { .phase = PHASE_FLUSHING, .bytes = 4 * GB, .expected = 4 * GB,
	    .elapsed = 3661, .waited = 7, .speed = 5, .average = 200e6 },
	    "4.00 GB  1:01:01  100%  [====================]  flushing 7 s" },
	{ "a wait that has just begun", 40, false,
	    { .phase = PHASE_CONFIRMING, .bytes = 4 * GB, .expected = 4 * GB,
	    .elapsed = 3661, .waited = 0.5 },
	    "100%  waiting for the peer to confirm" },
	{ "days", 60, false,
	    { .phase = PHASE_MOVING, .bytes = 1000 * GB, .expected = INT64_MAX,
	    .elapsed = 90061, .speed = 1e7, .average = 1e7 },
	    "1.00 TB  1d 01:01  0%  [>                       ]  10.0 MB/s" },
	{ "an empty file", 40, false,
	    { .phase = PHASE_MOVING, .bytes = 0, .expected = 0, .elapsed = 0 },
	    "0 B  0:00  100%  [==============]  0 B/s" },
	{ "more than was expected", 40, false,
	    { .phase = PHASE_MOVING, .bytes = 20, .expected = 10, .elapsed = 0 },
	    "20 B  0:00  100%  [=============]  0 B/s" },
};

static const struct {
	struct view view;
	const char *line;
} sentences[] = {
	{ { .phase = PHASE_MOVING, .bytes = 1048576, .expected = 4194304,
	    .elapsed = 2, .average = 524288 },
	    "1048576 bytes (25 % of 4194304) in 2.000 s, 0.5 MB/s, 6 s left: "
	    "moving" },
	{ { .phase = PHASE_MOVING, .bytes = 7, .expected = -1, .elapsed = 2,
	    .average = 3.5, .waited = 2.5 },
	    "7 bytes in 2.000 s, 0.0 MB/s: stalled while moving" },
	{ { .phase = PHASE_ACCEPTING, .bytes = 0, .expected = -1,
	    .elapsed = 0.5, .waited = 7 },
	    "0 bytes in 0.500 s, 0.0 MB/s: waiting for a peer" },
};

/** Return the columns of UTF-8 text, whose characters take one each. */
static int
columns(const char *line)
{
	int count = 0;

	for (; *line != '\0'; line++)
		count += (*line & 0xc0) != 0x80;
	return count;
}

static int number;			/* of the last case */

/** Print a case in TAP. */
static void
report(bool ok, const char *what)
{
	printf("%s %d - line: %s\n", ok ? "ok" : "not ok", ++number, what);
}

static void
check(const char *what, const char *line, const char *wanted)
{
	const bool ok = strcmp(line, wanted) == 0;

	if (!ok)
		printf("# got    '%s'\n# wanted '%s'\n", line, wanted);
	report(ok, what);
}

/** Draw each view in each width: no line may be too long. */
static bool
fits_widths(void)
{
	char line[LINE_SIZE];
	bool ok = true;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (int width = 0; width < 1000; width++) {
			line_draw(line, &cases[i].view, width, cases[i].utf8);
			if (columns(line) <= width)
				continue;
			printf("# %s: %d columns in %d\n", cases[i].what,
			    columns(line), width);
			ok = false;
		}
	}
	return ok;
}

int
main(void)
{
	const size_t count = sizeof(cases) / sizeof(*cases);
	const size_t said = sizeof(sentences) / sizeof(*sentences);
	char line[LINE_SIZE];

	printf("1..%zu\n", count + said + 1);
	for (size_t i = 0; i < count; i++) {
		line_draw(line, &cases[i].view, cases[i].width, cases[i].utf8);
		check(cases[i].what, line, cases[i].line);
	}
	for (size_t i = 0; i < said; i++) {
		line_say(line, &sentences[i].view);
		check(gauge_phase_name(sentences[i].view.phase), line,
		    sentences[i].line);
	}
	report(fits_widths(), "each view fits each width");
	return 0;
}
