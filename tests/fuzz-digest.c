/*
 * Digests: what is accepted is printed again as the same digits, by the parser
 * of the digits alone and by --expect=ALGO:HEX.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../src/base/digest.h"
#include "../src/cli/options.h"
#include "fuzz-text.h"

static void
check_digits(enum digest_algorithm algorithm, const char *text)
{
	struct digest_value value = { .algorithm = algorithm }, again = value;
	const struct digest_value before = value;
	char digits[DIGEST_TEXT];

	if (!digest_parse(&value, text)) {
		MUST(digest_equal(&value, &before));
		return;
	}
	digest_text(digits, &value);
	MUST(strcasecmp(digits, text) == 0);
	MUST(strlen(digits) == 2 * digest_size(algorithm));
	MUST(digest_parse(&again, digits) && digest_equal(&value, &again));
}

static void
check_expect(const char *text)
{
	char *option = text_of("--expect=%s", text);
	const char *argv[] = { "zcopy", option, "a", "b", NULL };
	char digits[DIGEST_TEXT], *expected;
	struct options options;

	if (options_parse(&options, 4, argv) == STATUS_OK) {
		digest_text(digits, &options.expect);
		expected = text_of("%s:%s",
		    digest_name(options.expect.algorithm), digits);
		MUST(strcasecmp(expected, text) == 0);
		free(expected);
	}
	options_free(&options);
	free(option);
}

void
fuzz_digest(const char *text, size_t size)
{
	(void)size;
	check_digits(DIGEST_SHA256, text);
	check_digits(DIGEST_XXH3, text);
	check_expect(text);
}
