/*
 * The report as a table for people.  The title says what was measured and
 * where, the last line names the bottleneck.
 */
#include "config.h"

#include "report.h"

#include <limits.h>
#include <string.h>
#include <sys/param.h>

#include "../base/diag.h"

static void
print_head(FILE *file, const struct report *report)
{
	const struct routes *routes = report->routes;
	char directory[4 * PATH_MAX];	/* escaped */

	fprintf(file, "zcopy %s on Linux %s: %.4g MB in each", zc_version(),
	    report->system.release, (double)report->bytes / 1e6);
	if (report->cut)
		fprintf(file, " round");
	else
		fprintf(file, " of %zu rounds", report->rounds);
	if (routes->directory != NULL) {
		diag_escape(directory, sizeof(directory), routes->directory);
		fprintf(file, ",\nin %s", directory);
	}
	if (*routes->file_system != '\0')
		fprintf(file, "%s%s", routes->directory != NULL ? ", " :
		    ",\nSOURCE on ", routes->file_system);
	if (*report->congestion != '\0')
		fprintf(file, "; TCP congestion control: %s",
		    report->congestion);
	fprintf(file, ".\n");
	if (report->interrupted)
		fprintf(file, "Interrupted: results so far.\n");
}

/** Print what --max-time has left out. */
static void
print_cut(FILE *file, const struct report *report)
{
	size_t least = report->rounds, most = 0, cold_starts = 0;

	if (!report->cut)
		return;
	for (size_t i = 0; i < report->count; i++) {
		const struct record *record = &report->record[i];

		if (record->rounds == 0)
			continue;	/* interrupted before its first one */
		least = MIN(least, record->rounds);
		most = MAX(most, record->rounds);
		cold_starts += !record->warmed_up;
	}
	fprintf(file, "--max-time=%g: measured ", report->max_time);
	if (least < most)
		fprintf(file, "%zu to ", least);
	fprintf(file, "%zu of %zu rounds", most, report->rounds);
	if (cold_starts > 0)
		fprintf(file, "; %zu of %zu routes did not warm up",
		    cold_starts, report->count);
	fprintf(file, ".\n");
}

/** Print what the names of the routes do not say: that there is no cold file,
 * or that SOURCE is one, or has holes. */
static void
print_source(FILE *file, const struct routes *routes)
{
	if (routes->directory != NULL && !routes->has_cold)
		fprintf(file, "No cold file: this file system has no cache to "
		    "drop it from.\n");
	if (routes->directory == NULL && routes->has_cold)
		fprintf(file, "SOURCE is cold: it is dropped from the page "
		    "cache before each transfer.\n");
	if (routes->fills_holes)
		fprintf(file, "SOURCE has holes: they are read and written as "
		    "zeros (--sparse=never).\n");
}

/** Print "1.00x", or "-" for 0, which means "not measured". */
static void
print_ratio(FILE *file, int width, double ratio)
{
	if (ratio > 0)
		fprintf(file, "%*.2fx", width - 1, ratio);
	else
		fprintf(file, "%*s", width, "-");
}

static void
print_series(FILE *file, struct record *record, size_t i)
{
	const struct series *series = &record->series[i];
	struct figures figures;

	fprintf(file, "  %-15s%c", zc_method_name(series->method),
	    series->automatic ? '*' : ' ');
	if (series->refused != 0) {
		fprintf(file, " refused: %s (%s)\n",
		    diag_errno_name(series->refused),
		    strerror(series->refused));
		return;
	}
	if (series->rounds == 0) {
		fprintf(file, " not measured\n");
		return;
	}
	figures = figures_of(record, i);
	fprintf(file, "%9.3f%9.3f%9.3f%9.2f%9.0f",
	    figures.bytes_per_second.median / 1e9,
	    figures.bytes_per_second.min / 1e9,
	    figures.bytes_per_second.max / 1e9, figures.cpu, figures.calls);
	print_ratio(file, 9, figures.speed_ratio);
	print_ratio(file, 8, figures.cpu_ratio);
	fputc('\n', file);
}

/** Print which part the route measures. */
static void
print_part(FILE *file, enum part part, const struct routes *routes)
{
	switch (part) {
	case PART_SOURCE:
		fprintf(file, ": %s alone", routes->source_label);
		break;
	case PART_DEST:
		fprintf(file, ": %s alone", routes->dest_label);
		break;
	case PART_BOTH:
		fprintf(file, ": both");
		break;
	case PART_NONE:
		break;
	}
}

static void
print_title(FILE *file, const struct report *report,
    const struct record *record)
{
	const struct route *route = record->route;

	fprintf(file, "%s", route->name);
	/* With operands the name says it: "SOURCE alone". */
	if (report->routes->directory != NULL)
		print_part(file, route->part, report->routes);
	if (record->bytes > 0 && record->bytes != report->bytes)
		fprintf(file, " (%.4g MB)", (double)record->bytes / 1e6);
	fputc('\n', file);
	if (route->copies_nothing)
		fprintf(file, "  (sendfile and splice move nothing to "
		    "/dev/null: they only look up pages)\n");
}

/** Explain each column in one line. */
static void
print_legend(FILE *file)
{
	fprintf(file, "\n"
	    "*                    what auto chooses\n"
	    "GB/s                 10^9 bytes a second: median, slowest, "
	    "fastest round\n"
	    "CPU us/64K           CPU time of this process for 64 KiB, in "
	    "microseconds\n"
	    "calls per GiB        system calls that move a GiB, and that "
	    "wait\n"
	    "speed vs read-write  2.00x: twice as fast as read-write\n"
	    "CPU vs read-write    0.50x: half the CPU time of read-write\n");
}

enum status
table_print(FILE *file, struct report *report)
{
	print_head(file, report);
	print_cut(file, report);
	print_source(file, report->routes);
	fprintf(file, "\n"
	    "                     GB/s                       CPU    calls"
	    "    speed    CPU\n"
	    "                   median      min      max    us/64K  per GiB"
	    "   vs read-write\n");
	for (size_t i = 0; i < report->count; i++) {
		struct record *record = &report->record[i];

		if (!record_has_rows(record))
			continue;	/* interrupted before this route */
		print_title(file, report, record);
		for (size_t j = 0; j < record->count; j++)
			print_series(file, record, j);
	}
	print_legend(file);
	fprintf(file, "\n%s\n", report->limit.text);
	return STATUS_OK;
}
