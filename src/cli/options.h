/*
 * Read the command line.  What options there are is in option-table.c.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "../base/options.h"
#include "../base/status.h"

/**
 * Parse the command line, and do what --help, --list-options and --version ask
 * for.  Open nothing else.  Return STATUS_OK; on failure, print the reason and
 * return STATUS_USAGE, STATUS_DEST if stdout cannot be written, or STATUS_OTHER
 * if there is no memory.  Call options_free() in any case.
 */
enum status options_parse(struct options *, int argc, const char **argv);
void options_free(struct options *);

#endif
