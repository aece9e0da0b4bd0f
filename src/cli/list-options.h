/*
 * --list-options: the options for programs.  The completions of shells are made
 * from it (scripts/completions/).
 */
#ifndef CLI_LIST_OPTIONS_H
#define CLI_LIST_OPTIONS_H

#include "../base/status.h"

/**
 * Print a line for each option, and for SOURCE and DEST:
 *
 *	NAME [-LETTER] [=PLACEHOLDER [WORD]...]<tab>HELP
 *
 * The value is one of the WORDs, if there are any, or begins with one that ends
 * in ":".  FILE stands for the name of a file, also at the end of a WORD.
 *
 * Return STATUS_OK; on failure, print the reason and return STATUS_DEST.
 */
enum status list_options(void);

#endif
