#include "config.h"

#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/diag.h"
#include "../base/output.h"
#include "../base/signals.h"
#include "../endpoint/endpoint.h"
#include "pass.h"
#include "plan.h"
#include "ticker.h"
#include "report.h"

enum { ROUNDS = 7 };

/** True if the method is to be measured.  With --method, these are that one and
 * read-write, for comparison; else all. */
static bool
is_wanted(enum zc_method method, const struct options *options)
{
	return options->method == ZC_AUTO || options->method == method ||
	    method == ZC_READ_WRITE;
}

/** Begin an empty series.  The three arrays are one allocation, which
 * report_free() frees. */
static enum status
series_begin(struct series *series, enum zc_method method, bool automatic,
    size_t rounds)
{
	double *values = calloc(3 * rounds, sizeof(*values));

	if (values == NULL) {
		diag_errno("benchmark", "samples");
		return STATUS_OTHER;
	}
	*series = (struct series){ .method = method, .automatic = automatic,
	    .bytes_per_second = values, .cpu = values + rounds,
	    .calls = values + 2 * rounds };
	return STATUS_OK;
}

static void
series_add(struct series *series, const struct sample *sample)
{
	size_t i = series->rounds++;

	series->bytes_per_second[i] = sample->bytes_per_second;
	series->cpu[i] = sample->cpu;
	series->calls[i] = sample->calls;
}

/** Fail if --method names a method that the engine's policy excludes from
 * SOURCE to DEST.  On other routes, such a method is left out. */
static enum status
check_named(const struct pass *pass, const struct route *route,
    const struct options *options)
{
	if (options->source == NULL || options->method == ZC_AUTO ||
	    route->part != PART_BOTH ||
	    (pass->suited & (1u << options->method)))
		return STATUS_OK;
	diag_error("--benchmark", "%s does not work for these ends (--explain "
	    "says why)", zc_method_name(options->method));
	return STATUS_METHOD;
}

/** Make one pass with auto, to see which method it chooses and which others are
 * possible. */
static enum status
explore(struct report *report, struct record *record,
    const struct options *options)
{
	struct pass pass;
	int64_t began;
	enum status status;

	ticker_show(report, record, 0, ZC_AUTO);
	/* The first time, a file that has just been made is written back.
	 * That must not count in the estimate. */
	status = route_prepare(record->route);
	if (status != STATUS_OK)
		return status;
	began = clock_now();
	status = pass_run(&pass, record->route, ZC_AUTO);
	record->seconds = clock_seconds_since(began);
	if (status != STATUS_OK)
		return status;
	if (pass.used == ZC_AUTO) {
		diag_error(record->route->source, "nothing to measure");
		return STATUS_INCOMPLETE;
	}
	report->begun = true;
	report->bytes = record->bytes = pass.bytes;
	if (*pass.congestion != '\0')
		strlcpy(report->congestion, pass.congestion,
		    sizeof(report->congestion));
	status = check_named(&pass, record->route, options);
	if (status != STATUS_OK)
		return status;
	for (int i = ZC_AUTO + 1; i < ZC_METHODS; i++) {
		enum zc_method method = (enum zc_method)i;

		if (!(pass.suited & (1u << i)) || !is_wanted(method, options))
			continue;
		status = series_begin(&record->series[record->count++],
		    method, method == pass.used, report->rounds);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/** Make one pass with each method.  Round 0 warms up and is not counted. */
static enum status
take_turns(const struct report *report, struct record *record, size_t round)
{
	struct pass pass;
	enum status status;

	for (size_t i = 0; i < record->count; i++) {
		struct series *series = &record->series[i];
		const int64_t began = clock_now();

		if (series->refused != 0)
			continue;
		ticker_show(report, record, round, series->method);
		status = pass_run(&pass, record->route, series->method);
		series->seconds = clock_seconds_since(began);
		if (status != STATUS_OK)
			return status;
		series->refused = pass.refused;
		if (round > 0 && pass.refused == 0)
			series_add(series, &pass.sample);
	}
	return STATUS_OK;
}

/** Make a pass on each route before any is measured, because most errors show
 * in the first pass. */
static enum status
explore_all(struct report *report, const struct options *options)
{
	const struct routes *routes = report->routes;
	enum status status;

	for (; report->count < routes->count; report->count++)
		report->record[report->count].route =
		    &routes->route[report->count];
	/* Begin with the last route, SOURCE to DEST.  If DEST accepts only
	 * one connection (it is not --discard), it gets SOURCE's data, not
	 * test data. */
	for (size_t i = routes->count; i-- > 0; ) {
		status = explore(report, &report->record[i], options);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/** Measure a route, with at least one round, and more while they fit in the
 * route's share of --max-time. */
static enum status
measure_route(struct report *report, struct record *record)
{
	const int64_t until = plan_until(report,
	    (size_t)(record - report->record), clock_now());
	enum status status;

	record->warmed_up = plan_fits(record, 2, clock_now(), until);
	if (record->warmed_up) {
		status = take_turns(report, record, 0);
		if (status != STATUS_OK)
			return status;
	}
	while (record->rounds < report->rounds && (record->rounds == 0 ||
	    plan_fits(record, 1, clock_now(), until))) {
		status = take_turns(report, record, record->rounds + 1);
		if (status != STATUS_OK)
			return status;
		record->rounds++;
	}
	if (!record->warmed_up || record->rounds < report->rounds)
		report->cut = true;
	return STATUS_OK;
}

/** Measure all routes, one after the other. */
static enum status
measure(struct report *report, const struct options *options)
{
	enum status status = explore_all(report, options);

	if (status != STATUS_OK)
		return status;
	ticker_estimate(report);
	for (size_t i = 0; i < report->count; i++) {
		ticker_begin(report, &report->record[i]);
		status = measure_route(report, &report->record[i]);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/** Find the bottleneck from the best method of each part. */
static struct limit
find_limit(struct report *report)
{
	struct speeds speeds = { .source_name = report->routes->source_label,
	    .dest_name = report->routes->dest_label };

	for (size_t i = 0; i < report->count; i++) {
		struct record *record = &report->record[i];

		switch (record->route->part) {
		case PART_SOURCE:
			speeds.source = figures_best(record);
			break;
		case PART_DEST:
			speeds.dest = figures_best(record);
			break;
		case PART_BOTH:
			speeds.both = figures_best(record);
			break;
		case PART_NONE:
			break;
		}
	}
	return limit_find(&speeds);
}

/** True if the data goes to standard output. */
static bool
dest_is_stdout(const struct options *options)
{
	struct endpoint dest;

	return options->dest != NULL &&
	    endpoint_parse(&dest, options->dest, ROLE_DEST, options) ==
	    STATUS_OK && dest.inherited && dest.fd == STDOUT_FILENO;
}

/** Print the report on standard output, or on standard error if the data goes
 * to standard output. */
static enum status
print(struct report *report, const struct options *options)
{
	static enum status (*const printers[])(FILE *, struct report *) = {
		[FORMAT_TEXT] = table_print,
		[FORMAT_JSON] = json_print,
		[FORMAT_CSV] = csv_print,
	};
	FILE *file = dest_is_stdout(options) ? stderr : stdout;
	enum status status;

	ticker_clear(report);
	report->limit = find_limit(report);
	status = printers[options->format](file, report);
	if (status != STATUS_OK)
		return status;
	return output_flush();
}

/** True if at least one method has been measured once. */
static bool
any_round_measured(const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		for (size_t j = 0; j < report->record[i].count; j++)
			if (report->record[i].series[j].rounds > 0)
				return true;
	return false;
}

/** Measure and print.  After an error, print the results so far, if any. */
static enum status
run(struct report *report, const struct options *options)
{
	enum status status, printed;

	uname(&report->system);
	report->rounds = options->rounds > 0 ? (size_t)options->rounds : ROUNDS;
	status = measure(report, options);
	report->interrupted = status != STATUS_OK;
	if (status == STATUS_CONNECTION && report->begun)
		diag_error("--benchmark", "the far end must accept one "
		    "connection after another, as zcopy --discard does");
	if (status != STATUS_OK && !any_round_measured(report))
		return status;
	printed = print(report, options);
	return status != STATUS_OK ? status : printed;
}

static void
report_free(struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		for (size_t j = 0; j < report->record[i].count; j++)
			free(report->record[i].series[j].bytes_per_second);
}

enum status
bench(const struct options *options)
{
	struct routes routes = ROUTES_INIT;
	struct report report = { .routes = &routes, .quiet = options->quiet,
	    .began = clock_now(), .max_time = options->max_time };
	const char *unusable = options_needing(options, NEED_ONCE);
	enum status status;

	if (unusable != NULL) {
		diag_error("--benchmark", "%s cannot be used in repeated "
		    "transfers", unusable);
		return STATUS_USAGE;
	}
	if (options->bytes == 0) {
		diag_error("--benchmark", "--bytes=0 leaves nothing to "
		    "measure");
		return STATUS_USAGE;
	}
	status = options->source != NULL ?
	    operands_routes(&routes, options) :
	    standard_routes(&routes, options);
	if (status == STATUS_OK)
		status = run(&report, options);
	report_free(&report);
	routes_free(&routes);
	return status;
}
