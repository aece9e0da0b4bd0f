/*
 * Read the command line.
 *
 * To add an option: a row in its group in option-table.c, a case in
 * take_flag() or take_value(), a member in base/options.h, a paragraph in
 * zcopy(1).
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
