/*
 * The options by name, letter and help.
 */
#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include <popt.h>

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
	OPT_CONFIRM,
	OPT_TIMEOUT,
	OPT_RETRY,
	OPT_ALLOW,
	OPT_IPV4,
	OPT_IPV6,
	OPT_CONGESTION,
	OPT_DISCARD,
	OPT_BENCHMARK,
	OPT_ROUNDS,
	OPT_JSON,
	OPT_CSV,
	OPT_EXPLAIN,
	OPT_LIST_METHODS,
	OPT_VERBOSE,
	OPT_QUIET,
	OPT_HELP,
	OPT_VERSION,
};

extern struct poptOption option_table[];
extern const char option_usage[];	/* behind "Usage: zcopy" */
extern const char option_help_ends[];	/* behind all options */

#endif
