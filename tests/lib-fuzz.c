/*
 * The table of the fuzzers, and what they share.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/base/diag.h"
#include "fuzz-text.h"

const struct fuzzer fuzzers[] = {
	{ "allow", fuzz_allow },
	{ "digest", fuzz_digest },
	{ "endpoint", fuzz_endpoint },
	{ "foreign", fuzz_foreign },
	{ "json", fuzz_json },
	{ "location", fuzz_location },
	{ "names", fuzz_names },
	{ "options", fuzz_options },
	{ "record", fuzz_record },
	{ "select", fuzz_select },
	{ "size", fuzz_size },
	{ "utf8", fuzz_utf8 },
};

const size_t fuzzer_count = sizeof(fuzzers) / sizeof(fuzzers[0]);

static const char *running;		/* the text */

void
fuzz_one(const struct fuzzer *fuzzer, const void *data, size_t size)
{
	char *text = malloc(size + 1);

	MUST(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	running = text;
	fuzzer->run(text, size);
	free(text);
}

_Noreturn void
fuzz_broken(const char *claim, const char *file, int line)
{
	char shown[4096];

	diag_escape(shown, sizeof(shown), running != NULL ? running : "");
	printf("# %s, line %d: not so: %s\n# for: %s\n", file, line, claim,
	    shown);
	fflush(stdout);
	abort();
}

char *
text_of(const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	MUST(length >= 0);
	return text;
}

bool
is_message(const char *text)
{
	if (text == NULL || *text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}
