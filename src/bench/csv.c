/*
 * The report as CSV: a line for each method of each route.  What was not
 * measured is an empty field.
 */
#include "config.h"

#include "report.h"

#include <limits.h>

#include "../base/diag.h"

/** Print a field of text and a comma.  It is always quoted, so that commas in
 * it are harmless; control characters are escaped. */
static void
put_text(FILE *file, const char *text)
{
	char escaped[4 * PATH_MAX];

	diag_escape(escaped, sizeof(escaped), text);
	fputc('"', file);
	for (const char *c = escaped; *c != '\0'; c++) {
		if (*c == '"')
			fputc('"', file);
		fputc(*c, file);
	}
	fputs("\",", file);
}

/** Print the number of rounds and the figures. */
static void
put_figures(FILE *file, struct record *record, size_t i)
{
	const struct series *series = &record->series[i];
	struct figures figures;

	fprintf(file, "%zu,", series->rounds);
	if (series->rounds == 0) {
		fprintf(file, ",,,,,,");
		return;
	}
	figures = figures_of(record, i);
	fprintf(file, "%.0f,%.0f,%.0f,%.4f,%.2f,",
	    figures.bytes_per_second.median, figures.bytes_per_second.min,
	    figures.bytes_per_second.max, figures.cpu, figures.calls);
	if (figures.speed_ratio > 0)
		fprintf(file, "%.4f", figures.speed_ratio);
	fputc(',', file);
	if (figures.cpu_ratio > 0)
		fprintf(file, "%.4f", figures.cpu_ratio);
}

static void
put_series(FILE *file, struct record *record, size_t i)
{
	const struct series *series = &record->series[i];

	put_text(file, record->route->name);
	put_text(file, record->route->source);
	put_text(file, record->route->dest);
	put_text(file, zc_method_name(series->method));
	fprintf(file, "%s,", series->automatic ? "true" : "false");
	put_text(file, series->refused != 0 ?
	    diag_errno_name(series->refused) : "");
	put_figures(file, record, i);
	fprintf(file, ",%s\r\n", record->warmed_up ? "true" : "false");
}

enum status
csv_print(FILE *file, struct report *report)
{
	fprintf(file, "route,source,dest,method,auto,refused,rounds,"
	    "bytes_per_second_median,bytes_per_second_min,"
	    "bytes_per_second_max,cpu_microseconds_per_pass,calls_per_gib,"
	    "speed_ratio,cpu_ratio,warmed_up\r\n");
	for (size_t i = 0; i < report->count; i++)
		for (size_t j = 0; j < report->record[i].count; j++)
			put_series(file, &report->record[i], j);
	return STATUS_OK;
}
