#include "config.h"

#include "json-text.h"

#include <stdlib.h>
#include <string.h>

#include "../base/diag.h"
#include "../base/utf8.h"

#define REPLACEMENT	"\xef\xbf\xbd"		/* U+FFFD */

json_t *
json_text(const char *text)
{
	const size_t longest = strlen(REPLACEMENT);
	char *valid, *to;
	size_t length;
	json_t *value;

	if (text == NULL || *text == '\0')
		return json_null();
	valid = to = calloc(strlen(text) + 1, longest);
	if (valid == NULL)
		return NULL;
	for (; *text != '\0'; text += length) {
		if (utf8_decode(text, &length) >= 0) {
			memcpy(to, text, length);
			to += length;
		} else {
			memcpy(to, REPLACEMENT, longest);
			to += longest;
			length = 1;
		}
	}
	value = json_stringn(valid, (size_t)(to - valid));
	free(valid);
	return value;
}

/** Write a piece of JSON, which is whole characters.  Control characters that
 * jansson leaves as they are, U+009B for one, become \uXXXX; all have four
 * digits. */
static int
put_piece(const char *piece, size_t size, void *file)
{
	const char *end = piece + size;
	size_t length;

	for (; piece < end; piece += length) {
		const long character = utf8_decode(piece, &length);

		if (utf8_is_control(character))
			fprintf(file, "\\u%04lX", (unsigned long)character);
		else
			fwrite(piece, 1, length, file);
	}
	return ferror(file) ? -1 : 0;
}

int
json_text_dump(FILE *file, const json_t *object, size_t digits)
{
	/* Not json_dumps(): if memory runs out there, jansson 2.14 drops some
	 * members and returns the rest. */
	return json_dump_callback(object, put_piece, file,
	    JSON_COMPACT | JSON_REAL_PRECISION(digits));
}

enum status
json_text_write(FILE *file, json_t *object, size_t digits)
{
	const int failed = json_text_dump(file, object, digits);

	json_decref(object);
	if (failed && !ferror(file)) {
		diag_error("--json", "out of memory");
		return STATUS_OTHER;
	}
	fputc('\n', file);
	return STATUS_OK;
}
