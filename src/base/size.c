#include "config.h"

#include "size.h"

#include <stddef.h>
#include <string.h>

static const char digits[] = "0123456789";

/** Return how many bytes `unit` stands for, or 0 if there is no such unit. */
static int64_t
size_unit(const char *unit)
{
	static const char letters[] = "KMGTPEkmgtpe";
	const char *letter, *rest;
	int64_t base, factor = 1;

	if (*unit == '\0' || strcmp(unit, "B") == 0)
		return 1;

	letter = strchr(letters, *unit);
	if (letter == NULL)
		return 0;

	rest = unit + 1;
	if (*rest == '\0' || strcmp(rest, "iB") == 0)
		base = 1024;
	else if (strcmp(rest, "B") == 0)
		base = 1000;
	else
		return 0;

	for (ptrdiff_t power = (letter - letters) % 6; power >= 0; power--)
		factor *= base;
	return factor;
}

/** Return `count` digits times `unit`, or -1 if that exceeds 2^63-1. */
static int64_t
size_whole(const char *digit, size_t count, int64_t unit)
{
	uint64_t limit = (uint64_t)(INT64_MAX / unit), value = 0;

	for (; count > 0; count--) {
		if (value > limit / 10)
			return -1;
		value = value * 10 + (uint64_t)(*digit++ - '0');
		if (value > limit)
			return -1;
	}
	return (int64_t)value * unit;
}

/**
 * Return `count` digits after the point, times `unit`, rounded down.
 *
 * Going from the last digit to the first is exact for any number of digits;
 * 9 * 2^60 and a carry of less than 2^60 fit into 64 bits.
 */
static int64_t
size_fraction(const char *digit, size_t count, int64_t unit)
{
	uint64_t carry = 0;

	while (count-- > 0) {
		uint64_t value = (uint64_t)(digit[count] - '0');

		carry = (value * (uint64_t)unit + carry) / 10;
	}
	return (int64_t)carry;
}

bool
size_parse(const char *text, int64_t *size)
{
	size_t whole = strspn(text, digits), fraction = 0;
	const char *point = text + whole, *unit = point;
	int64_t factor, bytes, part;

	if (*point == '.') {
		fraction = strspn(point + 1, digits);
		unit = point + 1 + fraction;
	}
	if (whole == 0 || (*point == '.' && fraction == 0))
		return false;

	factor = size_unit(unit);
	if (factor == 0 || (factor == 1 && fraction > 0))
		return false;

	bytes = size_whole(text, whole, factor);
	part = fraction > 0 ? size_fraction(point + 1, fraction, factor) : 0;
	if (bytes < 0 || bytes > INT64_MAX - part)
		return false;

	*size = bytes + part;
	return true;
}
