/*
 * UTF-8: what is decoded is what jansson takes for UTF-8, and it is encoded to
 * the same bytes again.
 */
#include "config.h"

#include <jansson.h>
#include <string.h>

#include "../src/base/utf8.h"
#include "fuzz-text.h"

/** Encode as RFC 3629, section 3, has it.  Return the length. */
static size_t
encode(char to[4], long character)
{
	const size_t length = character < 0x80 ? 1 : character < 0x800 ? 2 :
	    character < 0x10000 ? 3 : 4;
	static const int marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = length; i-- > 1; character >>= 6)
		to[i] = (char)(0x80 | (character & 0x3f));
	to[0] = (char)(marks[length] | (int)character);
	return length;
}

/** True if jansson takes these bytes for UTF-8. */
static bool
is_text(const char *bytes, size_t size)
{
	json_t *string = json_stringn(bytes, size);

	json_decref(string);
	return string != NULL;
}

void
fuzz_utf8(const char *text, size_t size)
{
	char again[4];

	for (const char *at = text; at < text + size; at++) {
		const size_t left = (size_t)(text + size - at);
		size_t length = 99;
		const long character = utf8_decode(at, &length);

		if (character >= 0) {
			MUST(length >= 1 && length <= 4 && length <= left);
			MUST(encode(again, character) == length);
			MUST(memcmp(again, at, length) == 0);
			MUST(is_text(at, length));
			continue;
		}
		for (size_t i = 1; i <= 4 && i <= left; i++)
			MUST(!is_text(at, i));
	}
}
