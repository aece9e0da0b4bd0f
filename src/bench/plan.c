#include "config.h"

#include "plan.h"

#include <stdio.h>
#include <sys/param.h>

double
plan_round(const struct record *record)
{
	double sum = 0;

	for (size_t i = 0; i < record->count; i++) {
		const struct series *series = &record->series[i];

		if (series->refused == 0)
			sum += series->seconds > 0 ? series->seconds :
			    record->seconds;
	}
	return sum;
}

/** Return what is left of --max-time; 0: nothing. */
static double
time_left(const struct report *report, int64_t now)
{
	return MAX(report->max_time - (double)(now - report->began) / 1e9, 0);
}

/** Return how long it takes to make so many rounds on report->record[i], and
 * `rest` rounds on each route after it. */
static double
rounds_from(const struct report *report, size_t i, size_t rounds, size_t rest)
{
	double sum = 0;

	for (size_t j = i; j < report->count; j++)
		sum += (double)(j == i ? rounds : rest) *
		    plan_round(&report->record[j]);
	return sum;
}

double
plan_left(const struct report *report, size_t i, size_t round, int64_t now)
{
	const double all = rounds_from(report, i, report->rounds + 1 - round,
	    report->rounds + 1);
	double least, left;

	if (report->max_time < 0)
		return all;
	least = rounds_from(report, i, 1, 1);
	left = time_left(report, now);
	left = MAX(left, least);
	return MIN(all, left);
}

int64_t
plan_until(const struct report *report, size_t i, int64_t now)
{
	const double all = rounds_from(report, i, 1, 1);
	const double left = time_left(report, now);

	if (report->max_time < 0)
		return INT64_MAX;
	if (all <= 0)
		return now;
	return now + (int64_t)(1e9 * MIN(left, 1e9) *
	    plan_round(&report->record[i]) / all);
}

bool
plan_fits(const struct record *record, size_t rounds, int64_t now,
    int64_t until)
{
	return plan_round(record) * (double)rounds * 1e9 <=
	    (double)until - (double)now;
}

void
plan_words(char *to, size_t size, double seconds)
{
	if (seconds < 90)
		snprintf(to, size, "about %.0f s", MAX(seconds, 1));
	else if (seconds < 5400)
		snprintf(to, size, "about %.0f min", seconds / 60);
	else
		snprintf(to, size, "about %.1f h", seconds / 3600);
}
