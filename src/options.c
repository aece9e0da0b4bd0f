#include "config.h"

#include "options.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "signals.h"
#include "size.h"

#define HINT		"(try 'zcopy --help')"
#define LARGEST_SIZE	(INT64_C(1) << 30)	/* of a block or a pipe */

enum option {
	OPT_OFFSET = 1,			/* popt keeps 0 and less for itself */
	OPT_BYTES,
	OPT_ALLOW_SHORT,
	OPT_SEEK,
	OPT_APPEND,
	OPT_INPLACE,
	OPT_NO_CLOBBER,
	OPT_HEADER,
	OPT_TRAILER,
	OPT_METHOD,
	OPT_SELECT,
	OPT_STABLE,
	OPT_NO_DISK_IO,
	OPT_BLOCK_SIZE,
	OPT_PIPE_SIZE,
	OPT_EXPLAIN,
	OPT_LIST_METHODS,
	OPT_VERBOSE,
	OPT_QUIET,
	OPT_HELP,
	OPT_VERSION,
};

#define FLAG(name, letter, option, help) \
	{ name, letter, POPT_ARG_NONE, NULL, option, help, NULL }
#define VALUE(name, letter, option, help, placeholder) \
	{ name, letter, POPT_ARG_STRING, NULL, option, help, placeholder }
#define GROUP(title, options) \
	{ NULL, '\0', POPT_ARG_INCLUDE_TABLE, options, 0, title, NULL }

static struct poptOption range[] = {
	VALUE("offset", '\0', OPT_OFFSET,
	    "start SIZE bytes into SOURCE", "SIZE"),
	VALUE("bytes", 'c', OPT_BYTES,
	    "move exactly SIZE bytes, and read not one more", "SIZE"),
	FLAG("allow-short", '\0', OPT_ALLOW_SHORT,
	    "a SOURCE that ends early is a success"),
	VALUE("seek", '\0', OPT_SEEK,
	    "start writing SIZE bytes into DEST, in place", "SIZE"),
	FLAG("append", '\0', OPT_APPEND, "append to DEST"),
	FLAG("inplace", '\0', OPT_INPLACE,
	    "truncate and write DEST itself, instead of replacing it when all "
	    "has arrived"),
	FLAG("no-clobber", '\0', OPT_NO_CLOBBER, "fail if DEST exists"),
	VALUE("header", '\0', OPT_HEADER,
	    "send FILE before the data; repeatable, in order", "FILE"),
	VALUE("trailer", '\0', OPT_TRAILER,
	    "send FILE after the data, if all of it could be sent", "FILE"),
	POPT_TABLEEND
};

static struct poptOption method[] = {
	VALUE("method", 'm', OPT_METHOD,
	    "use this method or fail: auto (the default: any that serves), "
	    "copy_file_range, sendfile, splice, mmap, read-write, reflink",
	    "NAME"),
	VALUE("select", '\0', OPT_SELECT,
	    "try a method first by size: 64K:read-write,*:sendfile = up to "
	    "64 KiB read-write, else sendfile; -m counts for more", "RULES"),
	FLAG("stable", '\0', OPT_STABLE,
	    "only methods that copy: later changes of SOURCE stay unseen"),
	FLAG("no-disk-io", '\0', OPT_NO_DISK_IO,
	    "fail rather than wait for the disk that SOURCE is on"),
	VALUE("block-size", '\0', OPT_BLOCK_SIZE,
	    "bytes moved by one call, up to 1G", "SIZE"),
	VALUE("pipe-size", '\0', OPT_PIPE_SIZE,
	    "size of the pipes, up to 1G", "SIZE"),
	FLAG("explain", '\0', OPT_EXPLAIN,
	    "print what would be done and why; move nothing"),
	FLAG("list-methods", '\0', OPT_LIST_METHODS,
	    "print what this build and kernel have; with -v, the limits that "
	    "govern it"),
	POPT_TABLEEND
};

static struct poptOption reporting[] = {
	FLAG("verbose", 'v', OPT_VERBOSE,
	    "say which methods were planned, refused and used"),
	FLAG("quiet", 'q', OPT_QUIET, "print errors only"),
	FLAG("help", 'h', OPT_HELP, "print this help"),
	FLAG("version", 'V', OPT_VERSION, "print the version"),
	POPT_TABLEEND
};

static struct poptOption table[] = {
	GROUP("Range:", range),
	GROUP("Method:", method),
	GROUP("Reporting:", reporting),
	POPT_TABLEEND
};

static const char usage_lines[] =
    "[OPTION]... SOURCE DEST\n"
    "       zcopy --list-methods | --help | --version";

static const char help_ends[] =
    "\n"
    "SOURCE and DEST:\n"
    "  PATH, file:PATH                a file, FIFO or device\n"
    "  -, fd:N                        standard input or output, "
    "a descriptor\n"
    "  HOST:PORT, [IPV6]:PORT         connect (tcp:HOST:PORT)\n"
    "  :PORT, listen:[HOST:]PORT      accept one connection\n"
    "  unix:PATH, unix-listen:PATH    the same over a unix socket\n"
    "\n"
    "SIZE: 512, 64K, 1.5G; K M G T P E (KiB...) are powers of 1024, KB... "
    "of 1000.\n"
    "zcopy(1) has the rest: exit statuses, examples, what -v prints.\n";

enum status
options_flush(void)
{
	errno = EIO;			/* of an earlier write: forgotten */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return STATUS_OK;
	if (errno == EPIPE && !signals_pipe_ignored())
		signals_catch(SIGPIPE);	/* a pager that was left: quietly */
	else
		diag_errno("standard output", "write");
	return STATUS_DEST;
}

static enum status
print_help(struct options *o)
{
	o->action = ACTION_DONE;
	poptPrintHelp(o->context, stdout, 0);
	fputs(help_ends, stdout);
	return options_flush();
}

static enum status
print_version(struct options *o)
{
	o->action = ACTION_DONE;
	printf("zcopy %s\n", PACKAGE_VERSION);
	return options_flush();
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
	case OPT_EXPLAIN:
		o->action = ACTION_EXPLAIN;
		break;
	case OPT_LIST_METHODS:
		o->action = ACTION_LIST_METHODS;
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

static enum status
take_operands(struct options *o)
{
	const char *surplus;

	o->source = poptGetArg(o->context);
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

	surplus = poptGetArg(o->context);
	if (surplus == NULL)
		return STATUS_OK;
	diag_error(NULL, "surplus operand '%s': zcopy moves one file; "
	    "for several use a shell loop " HINT, surplus);
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

/** What is wrong with options that are right each by itself, or NULL. */
static const char *
contradiction(const struct options *o)
{
	int64_t bytes = o->bytes == ZC_TO_END ? 0 : o->bytes;

	if (o->verbose && o->quiet)
		return "--verbose and --quiet exclude each other";
	if (o->append && o->seek >= 0)
		return "--append and --seek exclude each other";
	if (o->offset > INT64_MAX - bytes)
		return "--offset and --bytes add up to more than 2^63-1";
	if (o->seek > INT64_MAX - bytes)
		return "--seek and --bytes add up to more than 2^63-1";
	return NULL;
}

enum status
options_parse(struct options *o, int argc, const char **argv)
{
	const char *wrong;
	enum status status;

	*o = (struct options){ .bytes = ZC_TO_END, .seek = -1 };

	/* Neither /etc/popt nor ~/.popt: they are read only when asked for. */
	o->context = poptGetContext("zcopy", argc, argv, table, 0);
	if (o->context == NULL) {
		diag_errno(NULL, "options");
		return STATUS_OTHER;
	}
	poptSetOtherOptionHelp(o->context, usage_lines);

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
	poptFreeContext(o->context);
	*o = (struct options){ .bytes = ZC_TO_END, .seek = -1 };
}
