/*
 * Names as messages and --digest-file show them: a terminal can show what
 * diag_escape() writes, and both give the name again.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/base/diag.h"
#include "../src/base/utf8.h"
#include "../src/transfer/digest-file.h"
#include "fuzz-text.h"

static bool
is_octal(const char *text)
{
	return strspn(text, "01234567") >= 3;
}

/** Check that the text is safe to show, and that it means the beginning of
 * `name`.  Return how much. */
static size_t
check_escaped(const char *text, const char *name)
{
	const char *at = name;
	size_t length;

	for (; *text != '\0'; text += length) {
		const long character = utf8_decode(text, &length);

		MUST(character >= 0 && !utf8_is_control(character));
		if (*text != '\\' || *at == '\\') {
			MUST(memcmp(at, text, length) == 0);
			at += length;
			continue;
		}
		MUST(is_octal(text + 1));
		MUST((text[1] - '0') << 6 == ((unsigned char)*at & 0300));
		MUST((text[2] - '0') << 3 == ((unsigned char)*at & 0070));
		MUST(text[3] - '0' == ((unsigned char)*at & 0007));
		at++;
		length = 4;
	}
	return (size_t)(at - name);
}

/** Escape the name with room for all of it, and for less. */
static void
check_escape(const char *name)
{
	const size_t size = 4 * strlen(name) + 1;
	char *escaped = malloc(size);

	MUST(escaped != NULL);
	diag_escape(escaped, size, name);
	MUST(check_escaped(escaped, name) == strlen(name));
	for (size_t room = 1; room < 12; room++) {
		char *small = malloc(room);

		MUST(small != NULL);
		diag_escape(small, room, name);
		MUST(strlen(small) < room);
		MUST(strncmp(small, escaped, strlen(small)) == 0);
		(void)check_escaped(small, name);
		free(small);
	}
	free(escaped);
}

/** Read a line as sha256sum -c does, and check that it has the name. */
static void
check_line(const char *line, const char *digits, const char *name)
{
	const bool escaped = *line == '\\';

	line += escaped;
	MUST(strncmp(line, digits, strlen(digits)) == 0);
	line += strlen(digits);
	MUST(strncmp(line, "  ", 2) == 0);
	for (line += 2; *line != '\n'; line++, name++) {
		if (!escaped || *line != '\\') {
			MUST(*line == *name);
			continue;
		}
		line++;
		MUST(*name == (*line == 'n' ? '\n' : *line == 'r' ? '\r' :
		    '\\'));
		MUST(*line == 'n' || *line == 'r' || *line == '\\');
	}
	MUST(*name == '\0' && line[1] == '\0');
}

static void
check_digest_line(enum digest_algorithm algorithm, const char *name)
{
	const struct digest_value value = { .algorithm = algorithm,
		.bytes = { 0x12, 0xef } };
	char digits[DIGEST_TEXT], *line = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&line, &size);

	MUST(file != NULL);
	digest_file_line(file, &value, name);
	MUST(fclose(file) == 0);
	digest_text(digits, &value);
	check_line(line, digits, name);
	free(line);
}

void
fuzz_names(const char *text, size_t size)
{
	(void)size;
	check_escape(text);
	check_digest_line(DIGEST_SHA256, text);
	check_digest_line(DIGEST_XXH3, text);
}
