/*
 * The benchmark's arithmetic: the spread of samples, the ratios to read-write,
 * the sentence that says which of the two is the limit, and how many rounds fit
 * in --max-time.  And that --json fails if memory runs out.
 */
#include "config.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/bench/plan.h"
#include "../src/bench/report.h"

static const struct {
	const char *name;
	size_t count;
	double values[5];
	struct spread spread;
} spreads[] = {
	{ "one value", 1, { 3 }, { 3, 3, 3 } },
	{ "two values", 2, { 3, 1 }, { 2, 1, 3 } },
	{ "three values", 3, { 3, 1, 2 }, { 2, 1, 3 } },
	{ "four values", 4, { 9, 1, 2, 4 }, { 3, 1, 9 } },
	{ "five values", 5, { 5, 4, 3, 2, 100 }, { 4, 2, 100 } },
	{ "equal values", 3, { 7, 7, 7 }, { 7, 7, 7 } },
};

static const struct {
	double source, dest, both;	/* GB/s */
	enum limit_what what;
	double factor;
	const char *text;
} answers[] = {
	/* one of the two is the limit */
	{ 0.52, 4.1, 0.51, LIMIT_SOURCE, 7.88, "The disk is the limit: 0.52 "
	    "GB/s; the network alone takes 4.1 GB/s, 7.9 times as much; "
	    "together 0.51 GB/s." },
	{ 4, 0.118, 0.117, LIMIT_DEST, 33.9, "The network is the limit: 0.118 "
	    "GB/s; the disk alone takes 4 GB/s, 34 times as much; together "
	    "0.117 GB/s." },
	{ 1, 1.16, 1, LIMIT_SOURCE, 1.16, "The disk is the limit" },
	{ 1, 1000, 0.81, LIMIT_SOURCE, 1000, "The disk is the limit" },
	{ 1, 4, 1.03, LIMIT_SOURCE, 4, "together 1.03 GB/s." },
	{ 1, 4, 1.1, LIMIT_SOURCE, 4, "together 1.1 GB/s.  Together can be "
	    "faster than one alone because " },
	{ 0.00125, 1, 0.00125, LIMIT_SOURCE, 800, "limit: 0.00125 GB/s" },

	/* neither is: they are within 15 % */
	{ 1, 1, 1, LIMIT_NEITHER, 1, "Neither is the limit: the disk alone, 1 "
	    "GB/s, and the network alone, 1 GB/s, have about the same speed; "
	    "together 1 GB/s." },
	{ 1, 1.14, 0.9, LIMIT_NEITHER, 1.14, "Neither is the limit" },
	{ 1.14, 1, 0.81, LIMIT_NEITHER, 1.14, "Neither is the limit" },

	/* the machine is: both together are well below the slower one */
	{ 2, 4, 1, LIMIT_MACHINE, 2, "This machine is the limit, CPU or "
	    "memory, which both share: the disk alone 2 GB/s, the network "
	    "alone 4 GB/s, together 1 GB/s." },
	{ 4, 2, 1.19, LIMIT_MACHINE, 1.68, "This machine is the limit" },
	{ 1, 1, 0.44, LIMIT_MACHINE, 2.27, "This machine is the limit" },
	{ 1, 1000, 0.79, LIMIT_MACHINE, 1.27, "This machine is the limit" },

	/* each waits for the other */
	{ 4, 2, 1.33, LIMIT_DEST, 2, "The network is the limit: 2 GB/s; the "
	    "disk alone takes 4 GB/s, 2.0 times as much; together 1.33 GB/s, "
	    "because they take turns." },
	{ 1, 1, 0.5, LIMIT_NEITHER, 1, "together 0.5 GB/s, because they "
	    "take turns." },

	/* one was not measured */
	{ 0, 1, 1, LIMIT_UNKNOWN, 0, "The limit is unknown: the "
	    "disk alone was not measured." },
	{ 1, 0, 1, LIMIT_UNKNOWN, 0, "The limit is unknown: the "
	    "network alone was not measured." },
	{ 1, 1, 0, LIMIT_UNKNOWN, 0, "The limit is unknown: both "
	    "together were not measured." },
	{ 1, 4, 2, LIMIT_UNKNOWN, 0, "The limit is unknown: both "
	    "together were faster than one of them alone.  Together can be "
	    "faster than one alone because " },
	{ 0, 0, 0, LIMIT_UNKNOWN, 0, "the disk alone was not measured" },
};

/* The factor is a range where the rounds of an end differ. */
static const struct {
	struct spread fast, slow;	/* GB/s */
	double min, max;		/* of the factor */
	const char *text;
} ranges[] = {
	{ { 8, 6, 12 }, { 2, 2, 2 }, 3, 6, ", 3.0 to 6.0 times as much;" },
	{ { 8, 6, 10 }, { 2, 1, 2 }, 3, 10, ", 3.0 to 10 times as much;" },
	{ { 8, 8, 8 }, { 2, 2, 2 }, 4, 4, ", 4.0 times as much;" },
	{ { 8, 7.99, 8.01 }, { 2, 2, 2 }, 3.995, 4.005,
	    ", 4.0 times as much;" },
	{ { 80, 60, 120 }, { 2, 2, 2 }, 30, 60, ", 30 to 60 times as much;" },
	/* the rounds overlap */
	{ { 8, 1, 9 }, { 2, 1.5, 3 }, 0.333, 6, ", up to 6.0 times as much;" },
};

#define RANGES	(sizeof(ranges) / sizeof(ranges[0]))
#define SPREADS	(sizeof(spreads) / sizeof(spreads[0]))
#define ANSWERS	(sizeof(answers) / sizeof(answers[0]))

static void __attribute__((format(printf, 2, 3)))
report(bool ok, const char *format, ...)
{
	static int number;
	va_list args;

	printf("%s %d - ", ok ? "ok" : "not ok", ++number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static bool
is_near(double a, double b)
{
	return fabs(a - b) <= 0.01 * fabs(b);
}

static bool
spreads_as(size_t i)
{
	double values[5];
	struct spread spread;

	memcpy(values, spreads[i].values, sizeof(values));
	spread = spread_of(values, spreads[i].count);
	return is_near(spread.median, spreads[i].spread.median) &&
	    is_near(spread.min, spreads[i].spread.min) &&
	    is_near(spread.max, spreads[i].spread.max);
}

/** Return the speeds of rounds that all had this speed, in GB/s. */
static struct spread
exactly(double speed)
{
	return (struct spread){ speed * 1e9, speed * 1e9, speed * 1e9 };
}

static bool
answers_as(size_t i)
{
	const struct speeds speeds = {
		.source_name = "the disk",
		.dest_name = "the network",
		.source = exactly(answers[i].source),
		.dest = exactly(answers[i].dest),
		.both = exactly(answers[i].both),
	};
	struct limit limit = limit_find(&speeds);

	printf("# %s\n", limit.text);
	return limit.what == answers[i].what &&
	    is_near(limit.factor, answers[i].factor) &&
	    strstr(limit.text, answers[i].text) != NULL;
}

/** Return the spread, which is in GB/s, in bytes per second. */
static struct spread
scaled(struct spread speed)
{
	return (struct spread){ speed.median * 1e9, speed.min * 1e9,
	    speed.max * 1e9 };
}

static bool
ranges_as(size_t i, bool source_is_slow)
{
	const struct spread fast = scaled(ranges[i].fast);
	const struct spread slow = scaled(ranges[i].slow);
	const struct speeds speeds = {
		.source_name = "the disk",
		.dest_name = "the network",
		.source = source_is_slow ? slow : fast,
		.dest = source_is_slow ? fast : slow,
		.both = slow,
	};
	struct limit limit = limit_find(&speeds);

	printf("# %s\n", limit.text);
	return limit.what == (source_is_slow ? LIMIT_SOURCE : LIMIT_DEST) &&
	    is_near(limit.factor_min, ranges[i].min) &&
	    is_near(limit.factor_max, ranges[i].max) &&
	    strstr(limit.text, ranges[i].text) != NULL;
}

static void
check_ratios(void)
{
	double fast[] = { 4, 2, 3 }, slow[] = { 1.5, 1, 2 };
	double little[] = { 1, 1, 1 }, much[] = { 4, 4, 4 };
	double calls[] = { 8, 8, 8 };
	struct record record = { .count = 2, .series = {
		{ .method = ZC_SENDFILE, .rounds = 3, .cpu = little,
		    .bytes_per_second = fast, .calls = calls },
		{ .method = ZC_READ_WRITE, .rounds = 3, .cpu = much,
		    .bytes_per_second = slow, .calls = calls },
	} };
	struct figures figures = figures_of(&record, 0);

	report(is_near(figures.speed_ratio, 2) &&
	    is_near(figures.cpu_ratio, 0.25), "ratios compare with read-write");
	report(is_near(figures.calls, 8), "the number of calls is a median");
	figures = figures_of(&record, 1);
	report(is_near(figures.speed_ratio, 1) &&
	    is_near(figures.cpu_ratio, 1), "read-write has the ratio 1");
	report(is_near(figures_best(&record).median, 3),
	    "the best median is found");

	record.series[1].rounds = 0;
	figures = figures_of(&record, 0);
	report(figures.speed_ratio == 0 && figures.cpu_ratio == 0,
	    "without read-write there is no ratio");
	record.series[0].rounds = 0;
	report(figures_best(&record).median == 0 && !record_has_rows(&record),
	    "without a round there are no figures");
	record.series[0].refused = 1;
	report(record_has_rows(&record), "a refusal has a row");
}

static const struct {
	double seconds;
	const char *words;
} durations[] = {
	{ 0, "about 1 s" },
	{ 0.4, "about 1 s" },
	{ 12.4, "about 12 s" },
	{ 89, "about 89 s" },
	{ 100, "about 2 min" },
	{ 3600, "about 60 min" },
	{ 9000, "about 2.5 h" },
};

#define DURATIONS	(sizeof(durations) / sizeof(durations[0]))

static bool
words_as(size_t i)
{
	char words[32];

	plan_words(words, sizeof(words), durations[i].seconds);
	printf("# %s\n", words);
	return strcmp(words, durations[i].words) == 0;
}

/** Check the plan of two routes: a round takes 2 s on the first, where one
 * method was refused and one has made no pass yet, and 6 s on the second. */
static void
check_plan(void)
{
	const int64_t second = 1000000000;
	struct report plan = { .rounds = 7, .max_time = -1, .count = 2,
	    .began = 5 * second, .record = {
		{ .count = 3, .seconds = 0.5, .series = {
			{ .method = ZC_SENDFILE, .seconds = 1.5 },
			{ .method = ZC_SPLICE, .refused = 1, .seconds = 9 },
			{ .method = ZC_READ_WRITE },
		} },
		{ .count = 2, .seconds = 3 },
	} };
	const struct record *record = plan.record;

	report(is_near(plan_round(&record[0]), 2) &&
	    is_near(plan_round(&record[1]), 6),
	    "a round takes as long as the last pass of each method");
	report(is_near(plan_left(&plan, 0, 0, 0), 8 * (2 + 6)) &&
	    is_near(plan_left(&plan, 0, 7, 0), 2 + 8 * 6) &&
	    is_near(plan_left(&plan, 1, 1, 0), 7 * 6),
	    "what is left is the rounds that are left");
	report(plan_until(&plan, 0, second) == INT64_MAX &&
	    plan_fits(&record[0], 1000, second, INT64_MAX),
	    "without --max-time all rounds fit");

	plan.max_time = 20;
	report(plan_until(&plan, 0, 9 * second) == (9 + 4) * second &&
	    plan_until(&plan, 1, 9 * second) == (9 + 16) * second,
	    "routes share the rest of --max-time by the cost of a round");
	report(is_near(plan_left(&plan, 0, 0, 9 * second), 16) &&
	    is_near(plan_left(&plan, 1, 7, 9 * second), 6),
	    "--max-time limits what is left");
	report(plan_fits(&record[0], 2, 9 * second, 13 * second) &&
	    !plan_fits(&record[0], 2, 9 * second, 12 * second),
	    "a round fits if it ends in time");
	report(plan_until(&plan, 0, 90 * second) == 90 * second &&
	    is_near(plan_left(&plan, 0, 0, 90 * second), 8),
	    "after --max-time, a round of each route is left");
	plan.max_time = 1e12;
	report(plan_until(&plan, 1, 9 * second) > 9 * second,
	    "a --max-time of many years does not overflow");
}

static size_t allocations_left;		/* of jansson, before one that fails */

static void *
allocate(size_t size)
{
	return allocations_left-- == 0 ? NULL : malloc(size);
}

/** Return what json_print() prints if one allocation fails after so many. */
static char *
json_text(struct report *results, size_t allocations, enum status *status)
{
	char *line = NULL;
	size_t size;
	FILE *file = open_memstream(&line, &size);

	allocations_left = allocations;
	*status = json_print(file, results);
	fclose(file);
	return line;
}

static void
check_json(void)
{
	double values[] = { 1, 1, 1 };
	const struct routes routes = { .directory = "/var/tmp" };
	const struct route route = { .name = "route", .source = "in",
	    .dest = "out" };
	struct report results = { .routes = &routes, .max_time = 2,
	    .count = 1, .record = { {
		.route = &route, .count = 2, .series = {
			{ .method = ZC_SPLICE, .refused = 1 },
			{ .method = ZC_READ_WRITE, .rounds = 3, .cpu = values,
			    .bytes_per_second = values, .calls = values },
		},
	} } };
	enum status status;
	char *whole, *line;
	bool right = true;
	size_t failures = 0;

	json_set_alloc_funcs(allocate, free);
	whole = json_text(&results, SIZE_MAX, &status);
	report(status == STATUS_OK && whole[strlen(whole) - 1] == '\n',
	    "--json prints a line");
	for (size_t n = 0; allocations_left > n; n++) {
		line = json_text(&results, n, &status);
		if (status == STATUS_OK && strcmp(line, whole) != 0) {
			printf("# after %zu allocations: %s", n, line);
			right = false;
		}
		failures += status != STATUS_OK;
		free(line);
	}
	printf("# %zu failures\n", failures);
	report(right && failures > 0,
	    "--json fails if memory runs out, and drops nothing silently");
	free(whole);
}

int
main(void)
{
	printf("1..%zu\n", SPREADS + ANSWERS + 2 * RANGES + DURATIONS + 17);
	for (size_t i = 0; i < SPREADS; i++)
		report(spreads_as(i), "the spread of %s is right",
		    spreads[i].name);
	for (size_t i = 0; i < ANSWERS; i++)
		report(answers_as(i), "the limit is right: disk %g, "
		    "network %g, both %g", answers[i].source, answers[i].dest,
		    answers[i].both);
	for (size_t i = 0; i < RANGES; i++)
		for (int slow = 0; slow < 2; slow++)
			report(ranges_as(i, slow), "the answer says %s",
			    ranges[i].text);
	for (size_t i = 0; i < DURATIONS; i++)
		report(words_as(i), "a duration is \"%s\"",
		    durations[i].words);
	check_ratios();
	check_plan();
	check_json();
	return 0;
}
