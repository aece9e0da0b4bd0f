/*
 * The JSON writer: any name becomes a line that a terminal can show, and jansson
 * reads the same name from it.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/base/utf8.h"
#include "../src/report/json-text.h"
#include "fuzz-text.h"

/** Write the text as a member of an object.  Return the line, which the caller
 * frees. */
static char *
write_line(const char *text)
{
	size_t size = 0;
	char *line = NULL;
	FILE *file = open_memstream(&line, &size);

	MUST(file != NULL);
	MUST(json_text_write(file, json_pack("{s:o, s:f}", "name",
	    json_text(text), "number", 0.5), 6) == STATUS_OK);
	MUST(fclose(file) == 0);
	MUST(size > 0 && strlen(line) == size && line[size - 1] == '\n');
	return line;
}

/** Check that the line is valid UTF-8 and has no control characters but the
 * newline at its end. */
static void
check_line(const char *line)
{
	size_t length;

	for (; *line != '\n'; line += length) {
		const long character = utf8_decode(line, &length);

		MUST(character >= 0 && !utf8_is_control(character));
	}
}

/** Check that the name is the text, with U+FFFD for each byte that is not part
 * of UTF-8. */
static void
check_name(const char *name, const char *text)
{
	size_t length;

	for (; *text != '\0'; text += length, name += length) {
		if (utf8_decode(text, &length) < 0) {
			MUST(strncmp(name, "\xef\xbf\xbd", 3) == 0);
			name += 2;	/* 3 with the 1 that follows */
			length = 1;
			continue;
		}
		MUST(strncmp(name, text, length) == 0);
	}
	MUST(*name == '\0');
}

void
fuzz_json(const char *text, size_t size)
{
	char *line = write_line(text);
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	const json_t *name = json_object_get(object, "name");
	json_t *whole = json_string(text);

	(void)size;
	check_line(line);
	MUST(object != NULL);
	if (*text == '\0') {
		MUST(json_is_null(name));
	} else {
		MUST(json_is_string(name));
		check_name(json_string_value(name), text);
		/* By jansson alone: valid text is not changed at all. */
		MUST(whole == NULL || json_equal(name, whole));
	}
	json_decref(whole);
	json_decref(object);
	free(line);
}
