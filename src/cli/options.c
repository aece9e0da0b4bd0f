#include "config.h"

#include "options.h"

#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/diag.h"
#include "../base/output.h"
#include "../endpoint/allow.h"
#include "../transfer/digesting.h"
#include "../transfer/rules.h"
#include "../transfer/user.h"
#include "foreign.h"
#include "list-options.h"
#include "option-table.h"
#include "values.h"

/** Print the help; popt makes its middle part from the table. */
static enum status
print_help(poptContext context)
{
	poptPrintHelp(context, stdout, 0);
	fputs(option_help_ends, stdout);
	return output_flush();
}

/** Make popt's entry for row i of our table. */
static struct poptOption
popt_entry(int i)
{
	const struct option *row = &option_table[i];

	return (struct poptOption){ row->name + 2, row->letter,
		row->placeholder != NULL ? POPT_ARG_STRING : POPT_ARG_NONE,
		NULL, i, row->help, row->placeholder };
}

/**
 * Make popt's tables from ours, and return the one that lists the groups.  A
 * group is the entries that follow its heading, an entry for each name; an
 * entry of zeros ends it.
 */
static const struct poptOption *
popt_table(void)
{
	static struct poptOption entries[2 * OPTION_ROWS], groups[OPTION_ROWS];
	struct poptOption *entry = entries, *group = groups;

	for (int i = 0; i < OPTION_ROWS; i++) {
		const struct option *row = &option_table[i];

		if (row->name != NULL) {
			*entry++ = popt_entry(i);
		} else if (row->help != NULL) {
			entry++;	/* which ends the group before it */
			*group++ = (struct poptOption){ NULL, '\0',
			    POPT_ARG_INCLUDE_TABLE, entry, 0, row->help, NULL };
		}
		if (row->alias != NULL) {
			*entry = popt_entry(i);
			entry->longName = row->alias + 2;
			entry->shortName = '\0';
			entry++->argInfo |= POPT_ARGFLAG_DOC_HIDDEN;
		}
	}
	return groups;
}

/** Return the name of an option that was given already and that `option`
 * excludes, or NULL. */
static const char *
excluded_by(const struct options *o, const struct option *option)
{
	for (int i = 0; i < OPTION_ROWS; i++) {
		const struct option *row = &option_table[i];

		if (row != option && row->choice != CHOICE_NONE &&
		    row->choice == option->choice && option_given(row, o))
			return row->name;
	}
	return NULL;
}

/** Store one option that popt has read, unless this build lacks it or another
 * one excludes it. */
static enum status
take_option(struct options *o, const struct option *row)
{
	const char *other = excluded_by(o, row);
	char *value = poptGetOptArg(o->context);	/* ours to free */
	enum status status = STATUS_USAGE;

	if (row->lacks != NULL)
		diag_error(row->name, "%s", row->lacks);
	else if (other == NULL)
		status = row->take(row, (char *)o + row->offset, &value);
	else
		diag_error(NULL, "%s and %s exclude each other " HINT, other,
		    row->name);
	free(value);
	return status;
}

/** Print what is wrong with the option that popt has refused with `error`. */
static enum status
refuse_option(const struct options *o, int error)
{
	const char *word = poptBadOption(o->context, 0);
	const char *advice = error == POPT_ERROR_BADOPT ?
	    foreign_advice(word) : NULL;

	if (advice != NULL)
		diag_error(word, "%s; %s", poptStrerror(error), advice);
	else
		diag_error(word, "%s " HINT, poptStrerror(error));
	return STATUS_USAGE;
}

/** True for an action that only prints what this program knows of itself. */
static bool
prints_itself(enum action action)
{
	return action == ACTION_HELP || action == ACTION_LIST_OPTIONS ||
	    action == ACTION_VERSION;
}

/** Take all options, but none after --help and the like: these print and end
 * the run, even if an error follows on the command line. */
static enum status
take_options(struct options *o)
{
	while (!prints_itself(o->action)) {
		int row = poptGetNextOpt(o->context);	/* or an error, < -1 */
		enum status status;

		if (row == -1)
			return STATUS_OK;
		if (row < -1)
			return refuse_option(o, row);
		status = take_option(o, &option_table[row]);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/** Check that --discard has one operand, which o->source holds already. */
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

/** Print what is wrong with operands that are not two.  `extra` is the third
 * one, or NULL. */
static enum status
refuse_count(const struct options *o, const char *extra)
{
	if (extra != NULL && extra[strspn(extra, "0123456789")] == '\0') {
		diag_error(NULL, "extra operand '%s': a host and its port are "
		    "one operand, HOST:%s " HINT, extra, extra);
	} else if (extra != NULL) {
		diag_error(NULL, "extra operand '%s': zcopy copies one file; "
		    "for several files use a shell loop, for a second copy "
		    "--also=%s " HINT, extra, extra);
	} else if (o->source != NULL) {
		diag_error(NULL, "missing DEST after '%s' " HINT, o->source);
	} else {
		diag_error(NULL, "missing SOURCE and DEST " HINT);
		if (!o->quiet)
			fputs(option_short_usage, stderr);
	}
	return STATUS_USAGE;
}

/** Print what zcopy has instead if one of these operands, which may be NULL, is
 * one of dd(1).  A file may have such a name: two operands are taken as they
 * are unless both look like that. */
static enum status
check_foreign(const struct options *o, const char *extra)
{
	const char *const operands[] = { o->source, o->dest, extra };
	const char *first = NULL;
	int count = 0;

	for (size_t i = 0; i < 3 && operands[i] != NULL; i++) {
		if (foreign_operand_advice(operands[i]) == NULL)
			continue;
		count++;
		if (first == NULL)
			first = operands[i];
	}
	if (count == 0 || (count == 1 && o->dest != NULL && extra == NULL))
		return STATUS_OK;
	diag_error(first, "dd(1) has this operand; %s",
	    foreign_operand_advice(first));
	return STATUS_USAGE;
}

/** Take SOURCE and DEST; some actions can do without. */
static enum status
take_operands(struct options *o)
{
	const char *extra;
	enum status status;

	o->source = poptGetArg(o->context);
	if (o->action == ACTION_DISCARD)
		return take_listener(o);
	if (o->action == ACTION_BENCHMARK && o->source == NULL)
		return STATUS_OK;
	if (o->source != NULL)
		o->dest = poptGetArg(o->context);
	extra = poptGetArg(o->context);
	status = check_foreign(o, extra);
	if (status != STATUS_OK)
		return status;
	return o->dest != NULL && extra == NULL ? STATUS_OK :
	    refuse_count(o, extra);
}

/** --list-methods has no operands. */
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

/** Check the options that depend on each other, or on the action.  Those that
 * depend on SOURCE or DEST are checked when these are parsed. */
static enum status
check_together(const struct options *o)
{
	int64_t bytes = o->bytes == ZC_TO_END ? 0 : o->bytes;
	const char *stray = options_needing(o, NEED_BENCHMARK);
	const char *needing = options_needing(o, NEED_ANY);

	if (o->action == ACTION_LIST_METHODS && needing != NULL)
		diag_error(NULL, "%s and --list-methods exclude each other "
		    HINT, needing);
	else if (o->action == ACTION_DISCARD &&
	    options_needing(o, NEED_DATA) != NULL)
		diag_error(NULL, "--discard goes with network options only "
		    HINT);
	else if (o->offset > INT64_MAX - bytes)
		diag_error(NULL, "--offset and --bytes add up to more than "
		    "2^63-1 " HINT);
	else if (o->seek > INT64_MAX - bytes)
		diag_error(NULL, "--seek and --bytes add up to more than "
		    "2^63-1 " HINT);
	else if (digesting_check_options(o) != STATUS_OK)
		return STATUS_USAGE;
	else if (o->format == FORMAT_JSON && o->action != ACTION_COPY &&
	    o->action != ACTION_BENCHMARK)
		diag_error(NULL, "--json goes with a transfer or --benchmark "
		    HINT);
	else if (o->also.count >= DESTS_MAX)
		diag_error("--also", "given %zu times: there can be %d "
		    "destinations, with DEST " HINT, o->also.count, DESTS_MAX);
	else if (o->all_or_none && o->also.count == 0)
		diag_error(NULL, "--all-or-none goes with --also " HINT);
	else if (o->action != ACTION_BENCHMARK && stray != NULL)
		diag_error(NULL, "%s goes with --benchmark " HINT, stray);
	else
		return STATUS_OK;
	return STATUS_USAGE;
}

enum status
options_parse(struct options *o, int argc, const char **argv)
{
	enum status status;

	*o = (struct options)OPTIONS_INIT;
	o->rows = option_table;

	/* Neither /etc/popt nor ~/.popt: they are read only when asked for. */
	o->context = poptGetContext("zcopy", argc, argv, popt_table(), 0);
	if (o->context == NULL) {
		diag_errno(NULL, "options");
		return STATUS_OTHER;
	}
	poptSetOtherOptionHelp(o->context, option_usage);

	status = take_options(o);
	if (status != STATUS_OK)
		return status;
	if (o->action == ACTION_HELP)
		return print_help(o->context);
	if (o->action == ACTION_LIST_OPTIONS)
		return list_options();
	if (o->action == ACTION_VERSION) {
		printf("zcopy %s\n", PACKAGE_VERSION);
		return output_flush();
	}

	status = check_together(o);
	if (status == STATUS_OK && o->user != NULL)
		status = user_check(o->user);
	if (status != STATUS_OK)
		return status;
	return o->action == ACTION_LIST_METHODS ? refuse_operands(o) :
	    take_operands(o);
}

static void
free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
}

void
options_free(struct options *o)
{
	rules_free(o->rules);
	free_names(&o->also);
	free_names(&o->headers);
	free_names(&o->trailers);
	allow_free(o->allow);
	free(o->congestion);
	free(o->user);
	free(o->json_file);
	free(o->digest_file);
	poptFreeContext(o->context);
	*o = (struct options)OPTIONS_INIT;
}
