/*
 * --list-methods: the methods, and the kernel limits that matter to them.
 */
#ifndef REPORT_METHODS_H
#define REPORT_METHODS_H

#include <stdbool.h>

#include "../base/status.h"

/**
 * Print each method on stdout, with a summary and whether this build and kernel
 * have it; with `verbose` also the limits and their current use.  Return
 * STATUS_OK; on failure, print the reason and return STATUS_DEST.
 */
enum status methods_list(bool verbose);

#endif
