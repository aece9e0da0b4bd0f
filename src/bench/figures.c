#include "config.h"

#include "figures.h"

#include <stdlib.h>

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct spread
spread_of(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return (struct spread){
		.median = (values[(count - 1) / 2] + values[count / 2]) / 2,
		.min = values[0],
		.max = values[count - 1],
	};
}

/** Return the figures without the ratios.  Sorts the samples. */
static struct figures
figures_alone(struct series *series)
{
	size_t rounds = series->rounds;

	return (struct figures){
		.bytes_per_second = spread_of(series->bytes_per_second, rounds),
		.cpu = spread_of(series->cpu, rounds).median,
		.calls = spread_of(series->calls, rounds).median,
	};
}

/** Return value / base, or 0 if base was not measured. */
static double
ratio(double value, double base)
{
	return base > 0 ? value / base : 0;
}

struct figures
figures_of(struct record *record, size_t i)
{
	struct figures figures = figures_alone(&record->series[i]), base;

	/* Look for the series of read-write, the base of the ratios. */
	for (size_t j = 0; j < record->count; j++) {
		struct series *other = &record->series[j];

		if (other->method != ZC_READ_WRITE || other->rounds == 0)
			continue;
		base = figures_alone(other);
		figures.speed_ratio = ratio(figures.bytes_per_second.median,
		    base.bytes_per_second.median);
		figures.cpu_ratio = ratio(figures.cpu, base.cpu);
		break;
	}
	return figures;
}

bool
record_has_rows(const struct record *record)
{
	for (size_t i = 0; i < record->count; i++)
		if (record->series[i].rounds > 0 ||
		    record->series[i].refused != 0)
			return true;
	return false;
}

struct spread
figures_best(struct record *record)
{
	struct spread best = { .median = 0 };

	for (size_t i = 0; i < record->count; i++) {
		struct series *series = &record->series[i];
		struct spread speed;

		if (series->rounds == 0)
			continue;
		speed = spread_of(series->bytes_per_second, series->rounds);
		if (speed.median > best.median)
			best = speed;
	}
	return best;
}
