/*
 * The report as one JSON object.
 *
 * If memory runs out, jansson's functions return NULL, and they may be given
 * NULL as a value.  So only the last result needs a check, in json_print().
 */
#include "config.h"

#include "report.h"

#include <jansson.h>
#include <limits.h>

#include "../base/diag.h"
#include "pass.h"

/** Return a JSON string, or null for "".  JSON is UTF-8; in a name that is not
 * valid UTF-8, replace all bytes that are not ASCII by "?". */
static json_t *
text(const char *name)
{
	json_t *value;
	char ascii[PATH_MAX];
	size_t used = 0;

	if (name == NULL || *name == '\0')
		return json_null();
	value = json_string(name);
	if (value != NULL)
		return value;
	for (; *name != '\0' && used < sizeof(ascii) - 1; name++)
		ascii[used++] = (unsigned char)*name < 0x80 ? *name : '?';
	return json_stringn(ascii, used);
}

/** Return a number, or null for 0, which means "not measured". */
static json_t *
real(double value)
{
	return value > 0 ? json_real(value) : json_null();
}

static json_t *
rate(double bytes_per_second)
{
	return json_integer((json_int_t)bytes_per_second);
}

static void
add_figures(json_t *object, const struct record *record, size_t i)
{
	struct figures figures = { .cpu = 0 };
	json_t *speed = json_null();

	if (record->series[i].rounds > 0) {
		figures = figures_of(record, i);
		speed = json_pack("{s:o, s:o, s:o}",
		    "median", rate(figures.bytes_per_second.median),
		    "min", rate(figures.bytes_per_second.min),
		    "max", rate(figures.bytes_per_second.max));
	}
	json_object_set_new(object, "bytes_per_second", speed);
	json_object_set_new(object, "cpu_microseconds_per_pass",
	    record->series[i].rounds > 0 ? json_real(figures.cpu) :
	    json_null());
	json_object_set_new(object, "calls_per_gib", real(figures.calls));
	json_object_set_new(object, "speed_ratio", real(figures.speed_ratio));
	json_object_set_new(object, "cpu_ratio", real(figures.cpu_ratio));
}

static json_t *
series_object(const struct record *record, size_t i)
{
	const struct series *series = &record->series[i];
	json_t *object = json_pack("{s:s, s:b, s:o, s:I}",
	    "name", zc_method_name(series->method),
	    "auto", (int)series->automatic,
	    "refused", series->refused == 0 ? json_null() :
	    json_string(diag_errno_name(series->refused)),
	    "rounds", (json_int_t)series->rounds);

	add_figures(object, record, i);
	return object;
}

static json_t *
record_object(const struct record *record)
{
	json_t *methods = json_array();

	for (size_t i = 0; i < record->count; i++)
		json_array_append_new(methods, series_object(record, i));
	return json_pack("{s:s, s:o, s:o, s:I, s:o}",
	    "name", record->route->name,
	    "source", text(record->route->source),
	    "dest", text(record->route->dest),
	    "bytes", (json_int_t)record->bytes,
	    "methods", methods);
}

static json_t *
limit_object(const struct limit *limit)
{
	return json_pack("{s:o, s:o, s:o}",
	    "what", text(limit_name(limit->what)),
	    "factor", real(limit->factor),
	    "text", text(limit->text));
}

static json_t *
report_object(const struct report *report)
{
	json_t *routes = json_array();

	for (size_t i = 0; i < report->count; i++)
		json_array_append_new(routes,
		    record_object(&report->record[i]));
	return json_pack("{s:i, s:s, s:s, s:I, s:i, s:I, s:o, s:o, s:o, s:b, "
	    "s:o, s:o}",
	    "schema", 1,
	    "version", zc_version(),
	    "kernel", report->system.release,
	    "bytes", (json_int_t)report->bytes,
	    "pass_bytes", CPU_BYTES,
	    "rounds", (json_int_t)report->rounds,
	    "directory", text(report->routes->directory),
	    "file_system", text(report->routes->file_system),
	    "congestion_control", text(report->congestion),
	    "interrupted", (int)report->interrupted,
	    "routes", routes,
	    "limit", limit_object(&report->limit));
}

void
json_print(FILE *file, const struct report *report)
{
	json_t *object = report_object(report);

	if (object == NULL)
		diag_error("--json", "out of memory");
	else if (json_dumpf(object, file,
	    JSON_COMPACT | JSON_REAL_PRECISION(6)) == 0)
		fputc('\n', file);
	json_decref(object);
}
