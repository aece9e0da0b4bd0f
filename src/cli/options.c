#include "config.h"

#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../base/diag.h"
#include "../base/output.h"
#include "../base/size.h"
#include "../endpoint/allow.h"
#include "../transfer/rules.h"
#include "option-table.h"

#define HINT		"(try 'zcopy --help')"
#define LARGEST_SIZE	(INT64_C(1) << 30)	/* of a block or a pipe */
#define MOST_ROUNDS	1000

static enum status
print_help(struct options *o)
{
	o->action = ACTION_DONE;
	poptPrintHelp(o->context, stdout, 0);
	fputs(option_help_ends, stdout);
	return output_flush();
}

static enum status
print_version(struct options *o)
{
	o->action = ACTION_DONE;
	printf("zcopy %s\n", PACKAGE_VERSION);
	return output_flush();
}

static enum status
take_size(const char *name, const char *arg, int64_t *size)
{
	if (size_parse(arg, size))
		return STATUS_OK;
	diag_error(name, "'%s' is not a size " HINT, arg);
	return STATUS_USAGE;
}

/** A size that a block or a pipe can have. */
static enum status
take_room(const char *name, const char *arg, size_t *room)
{
	int64_t size;

	if (take_size(name, arg, &size) != STATUS_OK)
		return STATUS_USAGE;
	if (size < 1 || size > LARGEST_SIZE) {
		diag_error(name, "'%s' is not between 1 and 1G " HINT,
		    arg);
		return STATUS_USAGE;
	}
	*room = (size_t)size;
	return STATUS_OK;
}

/** "auto, copy_file_range, ..." */
static void
join_method_names(char *to, size_t size)
{
	size_t used = 0;

	*to = '\0';
	for (int i = 0; i < ZC_METHODS && used < size; i++)
		used += (size_t)snprintf(to + used, size - used, "%s%s",
		    i > 0 ? ", " : "", zc_method_name((enum zc_method)i));
}

static enum status
take_method(struct options *o, const char *arg)
{
	char names[256];
	int found = zc_method_from_name(arg);

	if (found >= 0) {
		o->method = (enum zc_method)found;
		return STATUS_OK;
	}
	join_method_names(names, sizeof(names));
	diag_error("--method", "'%s' is none of %s " HINT, arg,
	    names);
	return STATUS_USAGE;
}

static enum status
take_rules(struct options *o, const char *arg)
{
	const char *why;

	rules_free(o->rules);
	o->rules = rules_parse(arg, &why);
	if (o->rules != NULL)
		return STATUS_OK;
	diag_error("--select", "'%s': %s " HINT, arg, why);
	return STATUS_USAGE;
}

static enum status
take_confirm(struct options *o, const char *arg)
{
	static const char *const words[] = {
		[CONFIRM_CLOSE] = "close",
		[CONFIRM_ACK] = "ack",
		[CONFIRM_NONE] = "none",
	};

	for (int i = CONFIRM_CLOSE; i <= CONFIRM_NONE; i++) {
		if (strcmp(arg, words[i]) != 0)
			continue;
		o->confirm = (enum confirm)i;
		return STATUS_OK;
	}
	diag_error("--confirm", "'%s' is none of close, ack, none " HINT, arg);
	return STATUS_USAGE;
}

/** Decimal digits, and perhaps a fraction. */
static enum status
take_timeout(struct options *o, const char *arg)
{
	size_t digits = strspn(arg, "0123456789."), longest = 12;
	char *end;

	o->timeout = strtod(arg, &end);
	if (digits > 0 && digits <= longest && arg[digits] == '\0' &&
	    end == arg + digits)
		return STATUS_OK;
	diag_error("--timeout", "'%s' is not a number of seconds " HINT, arg);
	return STATUS_USAGE;
}

static enum status
take_number(const char *name, const char *arg, int *number)
{
	size_t digits = strspn(arg, "0123456789"), longest = 9;

	if (digits == 0 || digits > longest || arg[digits] != '\0') {
		diag_error(name, "'%s' is not a number " HINT, arg);
		return STATUS_USAGE;
	}
	*number = (int)strtol(arg, NULL, 10);
	return STATUS_OK;
}

static enum status
take_rounds(struct options *o, const char *arg)
{
	if (take_number("--rounds", arg, &o->rounds) != STATUS_OK)
		return STATUS_USAGE;
	if (o->rounds >= 1 && o->rounds <= MOST_ROUNDS)
		return STATUS_OK;
	diag_error("--rounds", "'%s' is not between 1 and %d " HINT, arg,
	    MOST_ROUNDS);
	return STATUS_USAGE;
}

static void
take_action(struct options *o, enum action action)
{
	o->several_actions |= o->action != ACTION_COPY && o->action != action;
	o->action = action;
}

static void
take_format(struct options *o, enum format format)
{
	o->both_formats |= o->format != FORMAT_TEXT && o->format != format;
	o->format = format;
}

static enum status
take_allow(struct options *o, const char *arg)
{
	const char *why = allow_add(&o->allow, arg);

	if (why == NULL)
		return STATUS_OK;
	diag_error("--allow", "'%s': %s " HINT, arg, why);
	return STATUS_USAGE;
}

/** *arg is ours from now on. */
static enum status
take_name(const char *option, struct names *names, char **arg)
{
	char **grown;

	if (**arg == '\0') {
		diag_error(option, "the name is empty " HINT);
		return STATUS_USAGE;
	}
	grown = reallocarray(names->name, names->count + 1, sizeof(*grown));
	if (grown == NULL) {
		diag_errno(*arg, "options");
		return STATUS_OTHER;
	}
	names->name = grown;
	names->name[names->count++] = *arg;
	*arg = NULL;
	return STATUS_OK;
}

static void
free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
}

/** An option that has an argument; takes it over, or leaves it as it is. */
static enum status
take_value(struct options *o, enum option option, char **kept)
{
	const char *arg = *kept;

	switch (option) {
	case OPT_HEADER:
		return take_name("--header", &o->headers, kept);
	case OPT_TRAILER:
		return take_name("--trailer", &o->trailers, kept);
	case OPT_OFFSET:
		return take_size("--offset", arg, &o->offset);
	case OPT_BYTES:
		return take_size("--bytes", arg, &o->bytes);
	case OPT_SEEK:
		return take_size("--seek", arg, &o->seek);
	case OPT_METHOD:
		return take_method(o, arg);
	case OPT_SELECT:
		return take_rules(o, arg);
	case OPT_CONFIRM:
		return take_confirm(o, arg);
	case OPT_TIMEOUT:
		return take_timeout(o, arg);
	case OPT_RETRY:
		return take_number("--retry", arg, &o->retry);
	case OPT_ALLOW:
		return take_allow(o, arg);
	case OPT_CONGESTION:
		free(o->congestion);
		o->congestion = *kept;
		*kept = NULL;
		return STATUS_OK;
	case OPT_ROUNDS:
		return take_rounds(o, arg);
	case OPT_BLOCK_SIZE:
		return take_room("--block-size", arg, &o->block_size);
	case OPT_PIPE_SIZE:
		return take_room("--pipe-size", arg, &o->pipe_size);
	default:
		return STATUS_OTHER;	/* a row without a case: our mistake */
	}
}

/** An option that has none. */
static enum status
take_flag(struct options *o, enum option option)
{
	switch (option) {
	case OPT_ALLOW_SHORT:
		o->allow_short = true;
		break;
	case OPT_APPEND:
		o->append = true;
		break;
	case OPT_INPLACE:
		o->inplace = true;
		break;
	case OPT_NO_CLOBBER:
		o->no_clobber = true;
		break;
	case OPT_STABLE:
		o->stable = true;
		break;
	case OPT_NO_DISK_IO:
		o->no_disk_io = true;
		break;
	case OPT_IPV4:
		o->both_families |= o->family == AF_INET6;
		o->family = AF_INET;
		break;
	case OPT_IPV6:
		o->both_families |= o->family == AF_INET;
		o->family = AF_INET6;
		break;
	case OPT_DISCARD:
		take_action(o, ACTION_DISCARD);
		break;
	case OPT_EXPLAIN:
		take_action(o, ACTION_EXPLAIN);
		break;
	case OPT_LIST_METHODS:
		take_action(o, ACTION_LIST_METHODS);
		break;
	case OPT_BENCHMARK:
		take_action(o, ACTION_BENCHMARK);
		break;
	case OPT_JSON:
		take_format(o, FORMAT_JSON);
		break;
	case OPT_CSV:
		take_format(o, FORMAT_CSV);
		break;
	case OPT_VERBOSE:
		o->verbose = true;
		break;
	case OPT_QUIET:
		o->quiet = true;
		break;
	case OPT_HELP:
		return print_help(o);
	case OPT_VERSION:
		return print_version(o);
	default:
		return STATUS_OTHER;	/* a row without a case: our mistake */
	}
	return STATUS_OK;
}

static enum status
take_option(struct options *o, enum option option)
{
	char *arg = poptGetOptArg(o->context);
	enum status status;

	if (arg != NULL)
		status = take_value(o, option, &arg);
	else
		status = take_flag(o, option);
	free(arg);
	return status;
}

/** All options, up to one that prints and ends the run. */
static enum status
take_options(struct options *o)
{
	enum status status = STATUS_OK;
	int option;

	while (status == STATUS_OK && o->action != ACTION_DONE) {
		option = poptGetNextOpt(o->context);
		if (option == -1)
			return STATUS_OK;
		if (option < -1) {
			diag_error(poptBadOption(o->context, 0), "%s " HINT,
			    poptStrerror(option));
			return STATUS_USAGE;
		}
		status = take_option(o, (enum option)option);
	}
	return status;
}

/** The one operand of --discard. */
static enum status
take_listener(struct options *o)
{
	const char *extra = poptGetArg(o->context);

	if (o->source != NULL && extra == NULL)
		return STATUS_OK;
	if (extra == NULL)
		diag_error("--discard", "missing :PORT " HINT);
	else
		diag_error("--discard", "extra operand '%s' " HINT, extra);
	return STATUS_USAGE;
}

static enum status
take_operands(struct options *o)
{
	const char *extra;

	o->source = poptGetArg(o->context);
	if (o->action == ACTION_DISCARD)
		return take_listener(o);
	if (o->action == ACTION_BENCHMARK && o->source == NULL)
		return STATUS_OK;
	if (o->source != NULL)
		o->dest = poptGetArg(o->context);

	if (o->dest == NULL) {
		if (o->source == NULL)
			diag_error(NULL, "missing SOURCE and DEST " HINT);
		else
			diag_error(NULL, "missing DEST after '%s' " HINT,
			    o->source);
		return STATUS_USAGE;
	}

	extra = poptGetArg(o->context);
	if (extra == NULL)
		return STATUS_OK;
	diag_error(NULL, "extra operand '%s': zcopy moves one file; "
	    "for several use a shell loop " HINT, extra);
	return STATUS_USAGE;
}

static enum status
refuse_operands(struct options *o)
{
	const char *operand = poptGetArg(o->context);

	if (operand == NULL)
		return STATUS_OK;
	diag_error("--list-methods", "takes no operands, got '%s' " HINT,
	    operand);
	return STATUS_USAGE;
}

/** Is there an option that says what to move, or how? */
static bool
moves(const struct options *o)
{
	return o->offset > 0 || o->bytes != ZC_TO_END || o->allow_short ||
	    o->seek >= 0 || o->append || o->inplace || o->no_clobber ||
	    o->headers.count > 0 || o->trailers.count > 0 ||
	    o->method != ZC_AUTO || o->rules != NULL || o->stable ||
	    o->no_disk_io || o->block_size > 0 || o->pipe_size > 0;
}

/** What goes with a report that is not made, or NULL. */
static const char *
unreported(const struct options *o)
{
	if (o->both_formats)
		return "--json and --csv exclude each other";
	if (o->action == ACTION_BENCHMARK)
		return NULL;
	if (o->format == FORMAT_JSON)
		return "--json goes with --benchmark";
	if (o->format == FORMAT_CSV)
		return "--csv goes with --benchmark";
	return o->rounds > 0 ? "--rounds goes with --benchmark" : NULL;
}

/** What is wrong with options that are right each by itself, or NULL. */
static const char *
contradiction(const struct options *o)
{
	int64_t bytes = o->bytes == ZC_TO_END ? 0 : o->bytes;

	if (o->verbose && o->quiet)
		return "--verbose and --quiet exclude each other";
	if (o->both_families)
		return "-4 and -6 exclude each other";
	if (o->several_actions)
		return "--explain, --list-methods, --discard and --benchmark "
		    "exclude each other";
	if (o->congestion != NULL && *o->congestion == '\0')
		return "--congestion: the name is empty";
	if (o->action == ACTION_DISCARD && moves(o))
		return "--discard goes with network options only";
	if (o->append && o->seek >= 0)
		return "--append and --seek exclude each other";
	if (o->offset > INT64_MAX - bytes)
		return "--offset and --bytes add up to more than 2^63-1";
	if (o->seek > INT64_MAX - bytes)
		return "--seek and --bytes add up to more than 2^63-1";
	return unreported(o);
}

enum status
options_parse(struct options *o, int argc, const char **argv)
{
	const char *wrong;
	enum status status;

	*o = (struct options)OPTIONS_INIT;

	/* Neither /etc/popt nor ~/.popt: they are read only when asked for. */
	o->context = poptGetContext("zcopy", argc, argv, option_table, 0);
	if (o->context == NULL) {
		diag_errno(NULL, "options");
		return STATUS_OTHER;
	}
	poptSetOtherOptionHelp(o->context, option_usage);

	status = take_options(o);
	if (status != STATUS_OK || o->action == ACTION_DONE)
		return status;

	wrong = contradiction(o);
	if (wrong != NULL) {
		diag_error(NULL, "%s " HINT, wrong);
		return STATUS_USAGE;
	}
	return o->action == ACTION_LIST_METHODS ? refuse_operands(o) :
	    take_operands(o);
}

void
options_free(struct options *o)
{
	rules_free(o->rules);
	free_names(&o->headers);
	free_names(&o->trailers);
	allow_free(o->allow);
	free(o->congestion);
	poptFreeContext(o->context);
	*o = (struct options){ .action = ACTION_DONE };
}
