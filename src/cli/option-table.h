/*
 * The options, a row each (base/options.h), and the rest of what --help prints.
 */
#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include "../base/options.h"

extern const struct option option_table[OPTION_ROWS];
extern const char option_usage[];	/* follows "Usage: zcopy" */
extern const char option_short_usage[];	/* five lines: no operands */
extern const char option_help_ends[];	/* follows the options */

#endif
