#include "config.h"

#include "values.h"

#include <stdio.h>
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

/** Write "auto, copy_file_range, ...", cut to fit. */
static void
join_method_names(char *to, size_t size)
{
	size_t used = 0;

	*to = '\0';
	for (int i = 0; i < ZC_METHODS && used < size; i++)
		used += (size_t)snprintf(to + used, size - used, "%s%s",
		    i > 0 ? ", " : "", zc_method_name((enum zc_method)i));
}

enum status
take_method(const struct option *row, void *member, char **value)
{
	char names[256];
	int found = zc_method_from_name(*value);

	if (found >= 0) {
		*(enum zc_method *)member = (enum zc_method)found;
		return STATUS_OK;
	}
	join_method_names(names, sizeof(names));
	diag_error(row->name, "'%s' is none of %s " HINT, *value, names);
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
take_confirm(const struct option *row, void *member, char **value)
{
	static const char *const words[] = {
		[CONFIRM_CLOSE] = "close",
		[CONFIRM_ACK] = "ack",
		[CONFIRM_NONE] = "none",
	};

	for (int i = CONFIRM_CLOSE; i <= CONFIRM_NONE; i++) {
		if (strcmp(*value, words[i]) != 0)
			continue;
		*(enum confirm *)member = (enum confirm)i;
		return STATUS_OK;
	}
	diag_error(row->name, "'%s' is none of close, ack, none " HINT, *value);
	return STATUS_USAGE;
}

enum status
take_sparse(const struct option *row, void *member, char **value)
{
	static const char *const words[] = {
		[SPARSE_AUTO] = "auto",
		[SPARSE_ALWAYS] = "always",
		[SPARSE_NEVER] = "never",
	};

	for (int i = SPARSE_AUTO; i <= SPARSE_NEVER; i++) {
		if (strcmp(*value, words[i]) != 0)
			continue;
		*(enum sparse *)member = (enum sparse)i;
		return STATUS_OK;
	}
	diag_error(row->name, "'%s' is none of auto, always, never " HINT,
	    *value);
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
