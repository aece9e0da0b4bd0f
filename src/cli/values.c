#include "config.h"

#include "values.h"

#include <stdlib.h>
#include <string.h>

#include "../base/diag.h"
#include "../base/size.h"
#include "../endpoint/allow.h"
#include "../transfer/rules.h"

#define MAX_BUFFER	(INT64_C(1) << 30)
#define MAX_ROUNDS	1000

enum status
take_true(const struct option *row, void *member, char **value)
{
	(void)row;
	(void)value;			/* NULL: it takes none */
	*(bool *)member = true;
	return STATUS_OK;
}

enum status
take_constant(const struct option *row, void *member, char **value)
{
	(void)value;
	memcpy(member, &row->constant, row->size);
	return STATUS_OK;
}

enum status
take_size(const struct option *row, void *member, char **value)
{
	if (size_parse(*value, member))
		return STATUS_OK;
	diag_error(row->name, "'%s' is not a size " HINT, *value);
	return STATUS_USAGE;
}

enum status
take_buffer_size(const struct option *row, void *member, char **value)
{
	int64_t size;			/* size_t may be 32 bits wide */

	if (take_size(row, &size, value) != STATUS_OK)
		return STATUS_USAGE;
	if (size < 1 || size > MAX_BUFFER) {
		diag_error(row->name, "'%s' is not between 1 and 1G " HINT,
		    *value);
		return STATUS_USAGE;
	}
	*(size_t *)member = (size_t)size;
	return STATUS_OK;
}

enum status
take_rate(const struct option *row, void *member, char **value)
{
	const int64_t *rate = member;

	if (take_size(row, member, value) != STATUS_OK)
		return STATUS_USAGE;
	if (*rate > 0)
		return STATUS_OK;
	diag_error(row->name, "'%s' would move nothing; for no limit, leave "
	    "%s out " HINT, *value, row->name);
	return STATUS_USAGE;
}

enum status
take_capacity(const struct option *row, void *member, char **value)
{
	const int64_t *size = member;

	if (take_size(row, member, value) != STATUS_OK)
		return STATUS_USAGE;
	if (*size > 0)
		return STATUS_OK;
	diag_error(row->name, "'%s' holds nothing; leave %s out " HINT, *value,
	    row->name);
	return STATUS_USAGE;
}

enum status
take_number(const struct option *row, void *member, char **value)
{
	size_t digits = strspn(*value, "0123456789");
	const size_t longest = 9;	/* so that it fits into an int */

	if (digits == 0 || digits > longest || (*value)[digits] != '\0') {
		diag_error(row->name, "'%s' is not a number from 0 to "
		    "999999999 " HINT, *value);
		return STATUS_USAGE;
	}
	*(int *)member = (int)strtol(*value, NULL, 10);
	return STATUS_OK;
}

enum status
take_rounds(const struct option *row, void *member, char **value)
{
	const int *rounds = member;

	if (take_number(row, member, value) != STATUS_OK)
		return STATUS_USAGE;
	if (*rounds >= 1 && *rounds <= MAX_ROUNDS)
		return STATUS_OK;
	diag_error(row->name, "'%s' is not between 1 and %d " HINT, *value,
	    MAX_ROUNDS);
	return STATUS_USAGE;
}

enum status
take_seconds(const struct option *row, void *member, char **value)
{
	const char *text = *value;
	/* strtod(3) alone would take "inf", "0x1p3" and " 1", too. */
	size_t digits = strspn(text, "0123456789.");
	const size_t longest = 12;
	char *end;

	*(double *)member = strtod(text, &end);
	if (digits > 0 && digits <= longest && text[digits] == '\0' &&
	    end == text + digits)
		return STATUS_OK;
	diag_error(row->name, "'%s' is not a number of seconds " HINT, text);
	return STATUS_USAGE;
}

static enum status
check_not_empty(const struct option *row, const char *value)
{
	if (*value != '\0')
		return STATUS_OK;
	diag_error(row->name, "the name is empty " HINT);
	return STATUS_USAGE;
}

enum status
take_name(const struct option *row, void *member, char **value)
{
	char **name = member;

	if (check_not_empty(row, *value) != STATUS_OK)
		return STATUS_USAGE;
	free(*name);			/* the last one given counts */
	*name = *value;
	*value = NULL;			/* keep it */
	return STATUS_OK;
}

enum status
take_names(const struct option *row, void *member, char **value)
{
	struct names *names = member;
	char **grown;

	if (check_not_empty(row, *value) != STATUS_OK)
		return STATUS_USAGE;
	grown = reallocarray(names->name, names->count + 1, sizeof(*grown));
	if (grown == NULL) {
		diag_errno(*value, "options");
		return STATUS_OTHER;
	}
	names->name = grown;
	names->name[names->count++] = *value;
	*value = NULL;			/* keep it */
	return STATUS_OK;
}

const char *
method_word(int i)
{
	return i < ZC_METHODS ? zc_method_name((enum zc_method)i) : NULL;
}

const char *
confirm_word(int i)
{
	static const char *const words[] = { "close", "ack", "none", NULL };

	return words[i];
}

const char *
sparse_word(int i)
{
	static const char *const words[] = { "auto", "always", "never", NULL };

	return words[i];
}

const char *
digest_word(int i)
{
	return i < DIGEST_ALGORITHMS - DIGEST_SHA256 ?
	    digest_name((enum digest_algorithm)(DIGEST_SHA256 + i)) : NULL;
}

const char *
expect_word(int i)
{
	static const char *const words[] = { "sha256:", "xxh3:", NULL };

	return words[i];
}

/** Write "auto, copy_file_range, ...", cut to fit. */
static void
join_words(char *to, size_t size, const struct option *row)
{
	const char *word;

	*to = '\0';
	for (int i = 0; (word = row->word(i)) != NULL; i++) {
		if (i > 0)
			strlcat(to, ", ", size);
		strlcat(to, word, size);
	}
}

enum status
take_word(const struct option *row, void *member, char **value)
{
	char words[256];
	const char *word;

	for (int i = 0; (word = row->word(i)) != NULL; i++) {
		if (strcmp(*value, word) != 0)
			continue;
		i += row->first;
		memcpy(member, &i, row->size);
		return STATUS_OK;
	}
	join_words(words, sizeof(words), row);
	diag_error(row->name, "'%s' is none of %s " HINT, *value, words);
	return STATUS_USAGE;
}

enum status
take_rules(const struct option *row, void *member, char **value)
{
	struct rules **rules = member;
	const char *why;

	rules_free(*rules);
	*rules = rules_parse(*value, &why);
	if (*rules != NULL)
		return STATUS_OK;
	diag_error(row->name, "'%s': %s " HINT, *value, why);
	return STATUS_USAGE;
}

enum status
take_allow(const struct option *row, void *member, char **value)
{
	const char *why = allow_add(member, *value);

	if (why == NULL)
		return STATUS_OK;
	diag_error(row->name, "'%s': %s " HINT, *value, why);
	return STATUS_USAGE;
}

/** Return the algorithm before the colon, and set *digits to what is behind it;
 * or DIGEST_NONE. */
static enum digest_algorithm
expected_algorithm(const char *value, const char **digits)
{
	const char *word;

	for (int i = 0; (word = expect_word(i)) != NULL; i++) {
		*digits = value + strlen(word);
		if (strncmp(value, word, strlen(word)) == 0)
			return (enum digest_algorithm)(DIGEST_SHA256 + i);
	}
	return DIGEST_NONE;
}

enum status
take_expect(const struct option *row, void *member, char **value)
{
	struct digest_value *expect = member;
	const char *digits;

	expect->algorithm = expected_algorithm(*value, &digits);
	if (expect->algorithm == DIGEST_NONE) {
		diag_error(row->name, "'%s' begins neither with sha256: nor "
		    "with xxh3: " HINT, *value);
		return STATUS_USAGE;
	}
	if (digest_parse(expect, digits))
		return STATUS_OK;
	diag_error(row->name, "'%s': %s has %zu hexadecimal digits " HINT,
	    *value, digest_name(expect->algorithm),
	    2 * digest_size(expect->algorithm));
	return STATUS_USAGE;
}
