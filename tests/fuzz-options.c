/*
 * Command lines, an argument a line: what is accepted is within the bounds that
 * base/options.h gives, and what is refused has a message.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../src/base/diag.h"
#include "../src/cli/options.h"
#include "fuzz-text.h"

enum { ARGUMENTS = 64 };

static void
check_names(const struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		MUST(*names->name[i] != '\0');
}

static void
check_operands(const struct options *o)
{
	switch (o->action) {
	case ACTION_COPY:
	case ACTION_EXPLAIN:
		MUST(o->source != NULL && o->dest != NULL);
		break;
	case ACTION_DISCARD:
		MUST(o->source != NULL && o->dest == NULL);
		break;
	case ACTION_BENCHMARK:
		MUST((o->source != NULL) == (o->dest != NULL));
		break;
	case ACTION_LIST_METHODS:
		MUST(o->source == NULL && o->dest == NULL);
		break;
	case ACTION_HELP:
	case ACTION_LIST_OPTIONS:
	case ACTION_VERSION:
		break;
	}
}

static void
check_values(const struct options *o)
{
	const int64_t bytes = o->bytes == ZC_TO_END ? 0 : o->bytes;

	MUST(bytes >= 0 && o->offset >= 0 && o->offset <= INT64_MAX - bytes);
	MUST(o->seek >= -1 && o->seek <= INT64_MAX - bytes);
	MUST(o->rate >= 0 && o->retry >= 0 && o->rounds >= 0);
	MUST(o->progress_fd >= -1);
	MUST(isfinite(o->timeout) && (o->timeout >= 0 || o->timeout == -1));
	MUST(isfinite(o->max_time) && (o->max_time >= 0 || o->max_time == -1));
	MUST(o->also.count < DESTS_MAX);
	MUST(o->method >= 0 && o->method < ZC_METHODS);
	MUST(o->digest < DIGEST_ALGORITHMS);
	check_names(&o->also);
	check_names(&o->headers);
	check_names(&o->trailers);
}

/** Cut the text into arguments at its newlines.  Return how many there are. */
static int
split(char *text, const char *argv[ARGUMENTS + 1])
{
	int argc = 0;

	argv[argc++] = "zcopy";
	while (text != NULL && argc < ARGUMENTS)
		argv[argc++] = strsep(&text, "\n");
	argv[argc] = NULL;
	return argc;
}

void
fuzz_options(const char *text, size_t size)
{
	const char *argv[ARGUMENTS + 1];
	char *copy = text_of("%s", text), *error = NULL;
	struct options options;
	enum status status;
	int argc = split(copy, argv);

	(void)size;
	diag_keep(&error);
	status = options_parse(&options, argc, argv);
	diag_keep(NULL);
	MUST((status == STATUS_OK) == (error == NULL));
	if (status == STATUS_OK) {
		check_operands(&options);
		if (options.action < ACTION_HELP)
			check_values(&options);
	} else {
		MUST(status == STATUS_USAGE);
	}
	options_free(&options);
	free(error);
	free(copy);
}
