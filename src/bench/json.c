/*
 * The report as one JSON object.
 *
 * Functions here return NULL if memory runs out.  Such a NULL may be passed on:
 * an object or array that would have it as a member is NULL, too.  So only
 * json_text_write() checks for it.
 */
#include "config.h"

#include "report.h"

#include <jansson.h>

#include "../base/diag.h"
#include "../report/json-text.h"
#include "pass.h"

/** Return a number, or null for 0, which means "not measured". */
static json_t *
positive(double value)
{
	return value > 0 ? json_real(value) : json_null();
}

static json_t *
speed_object(const struct spread *speed)
{
	return json_pack("{s:I, s:I, s:I}",
	    "median", (json_int_t)speed->median,
	    "min", (json_int_t)speed->min,
	    "max", (json_int_t)speed->max);
}

static json_t *
series_object(struct record *record, size_t i)
{
	const struct series *series = &record->series[i];
	const bool measured = series->rounds > 0;
	struct figures figures = { .cpu = 0 };

	if (measured)
		figures = figures_of(record, i);
	return json_pack("{s:s, s:b, s:o, s:I, s:o, s:o, s:o, s:o, s:o}",
	    "name", zc_method_name(series->method),
	    "auto", (int)series->automatic,
	    "refused", json_text(series->refused == 0 ? NULL :
	    diag_errno_name(series->refused)),
	    "rounds", (json_int_t)series->rounds,
	    "bytes_per_second", measured ?
	    speed_object(&figures.bytes_per_second) : json_null(),
	    "cpu_microseconds_per_pass", measured ?
	    json_real(figures.cpu) : json_null(),
	    "calls_per_gib", positive(figures.calls),
	    "speed_ratio", positive(figures.speed_ratio),
	    "cpu_ratio", positive(figures.cpu_ratio));
}

/** Append the item and return the array.  If either is NULL or memory runs out,
 * free both and return NULL. */
static json_t *
append(json_t *array, json_t *item)
{
	if (json_array_append_new(array, item) == 0)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *
record_object(struct record *record)
{
	json_t *methods = json_array();

	for (size_t i = 0; i < record->count; i++)
		methods = append(methods, series_object(record, i));
	return json_pack("{s:s, s:o, s:o, s:I, s:b, s:b, s:b, s:I, s:o}",
	    "name", record->route->name,
	    "source", json_text(record->route->source),
	    "dest", json_text(record->route->dest),
	    "bytes", (json_int_t)record->bytes,
	    "cold", (int)(record->route->cold >= 0),
	    "copies_nothing", (int)record->route->copies_nothing,
	    "warmed_up", (int)record->warmed_up,
	    "rounds", (json_int_t)record->rounds,
	    "methods", methods);
}

static json_t *
limit_object(const struct limit *limit)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}",
	    "what", json_text(limit_name(limit->what)),
	    "factor", positive(limit->factor),
	    "factor_min", positive(limit->factor_min),
	    "factor_max", positive(limit->factor_max),
	    "text", json_text(limit->text));
}

static json_t *
report_object(struct report *report)
{
	json_t *routes = json_array();

	for (size_t i = 0; i < report->count; i++)
		routes = append(routes, record_object(&report->record[i]));
	return json_pack("{s:i, s:s, s:s, s:I, s:i, s:I, s:o, s:o, s:o, s:b, "
	    "s:b, s:o, s:b, s:o, s:o}",
	    "schema", 1,
	    "version", zc_version(),
	    "kernel", report->system.release,
	    "bytes", (json_int_t)report->bytes,
	    "pass_bytes", CPU_BYTES,
	    "rounds", (json_int_t)report->rounds,
	    "directory", json_text(report->routes->directory),
	    "file_system", json_text(report->routes->file_system),
	    "congestion_control", json_text(report->congestion),
	    "holes_filled", (int)report->routes->fills_holes,
	    "interrupted", (int)report->interrupted,
	    "max_time", report->max_time < 0 ? json_null() :
	    json_real(report->max_time),
	    "cut", (int)report->cut,
	    "routes", routes,
	    "limit", limit_object(&report->limit));
}

enum status
json_print(FILE *file, struct report *report)
{
	return json_text_write(file, report_object(report), 6);
}
