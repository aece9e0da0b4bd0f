/*
 * Sizes: what is accepted is the number that it looks like.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../src/base/size.h"
#include "fuzz-text.h"

/** True if this is a size, and the same one. */
static bool
means(char *text, int64_t size)
{
	int64_t parsed = -1;
	const bool same = size_parse(text, &parsed) && parsed == size;

	free(text);
	return same;
}

/** Return how many bytes the unit stands for. */
static int64_t
unit_of(const char *unit)
{
	char *one = text_of("1%s", unit);
	int64_t size = 0;

	MUST(size_parse(one, &size));
	free(one);
	return size;
}

/** Check that the size is WHOLE.FRACTION units, rounded down. */
static void
check_value(const char *text, int64_t size)
{
	const int whole = (int)strspn(text, "0123456789");
	const char *rest = text + whole;
	const int fraction = *rest == '.' ?
	    1 + (int)strspn(rest + 1, "0123456789") : 0;
	const char *unit = rest + fraction;
	const int64_t factor = unit_of(unit);

	MUST(means(text_of("0%s", text), size));
	MUST(means(text_of("%" PRId64 "%s", size / factor,
	    *unit == '\0' ? "B" : unit), size / factor * factor));
	if (fraction == 0) {
		MUST(size % factor == 0);
		return;
	}
	MUST(means(text_of("%.*s%s", whole, text, unit),
	    size / factor * factor));
	MUST(means(text_of("%.*s0%s", whole + fraction, text, unit), size));
}

void
fuzz_size(const char *text, size_t length)
{
	const int64_t untouched = -12345;
	int64_t size = untouched;

	(void)length;
	if (!size_parse(text, &size)) {
		MUST(size == untouched);
		return;
	}
	MUST(size >= 0);
	MUST(text[strspn(text, "0123456789.BKMGTPEkmgtpei")] == '\0');
	MUST(means(text_of("%" PRId64, size), size));
	check_value(text, size);
}
