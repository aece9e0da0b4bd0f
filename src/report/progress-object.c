#include "config.h"

#include "progress-object.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "json-text.h"

/** Return a JSON number, or null if the value is negative: unknown. */
static json_t *
number(double value)
{
	return value >= 0 ? json_real(value) : json_null();
}

/** Return the view as a JSON object, or NULL if memory runs out. */
static json_t *
view_object(const struct view *view)
{
	char slowest[LINE_SIZE / 16];	/* escaped, 6 times as long */

	strlcpy(slowest, view->slowest != NULL ? view->slowest : "",
	    sizeof(slowest));
	return json_pack("{s:s, s:I, s:o, s:f, s:I, s:I, s:o, s:f, s:o, "
	    "s:o}",
	    "phase", gauge_phase_name(view->phase),
	    "bytes", (json_int_t)view->bytes,
	    "expected", view->expected < 0 ? json_null() :
	    json_integer((json_int_t)view->expected),
	    "seconds", view->elapsed,
	    "bytes_per_second", (json_int_t)view->speed,
	    "average", (json_int_t)view->average,
	    "seconds_left", number(line_left(view)),
	    "waited", view->waited,
	    "buffer", number(view->buffered ? view->fill : -1),
	    "slowest", json_text(slowest));
}

size_t
progress_object(char line[LINE_SIZE], const struct view *view)
{
	FILE *file = fmemopen(line, LINE_SIZE, "w");
	json_t *object;
	bool failed;

	if (file == NULL)
		return 0;
	object = view_object(view);
	failed = json_text_dump(file, object, 6) < 0 || fputc('\n', file) < 0;
	json_decref(object);
	return fclose(file) == 0 && !failed ? strlen(line) : 0;
}
