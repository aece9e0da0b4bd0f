/*
 * Read the command line.  What options there are is in option-table.c.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "../base/options.h"
#include "../base/status.h"

/**
 * STATUS_OK; else the reason is printed: STATUS_USAGE, or STATUS_DEST when
 * --help or --version could not be written.  Opens nothing.  Free with
 * options_free() always.
 */
enum status options_parse(struct options *, int argc, const char **argv);
void options_free(struct options *);

#endif
