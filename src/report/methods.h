/*
 * --list-methods.
 */
#ifndef REPORT_METHODS_H
#define REPORT_METHODS_H

#include <stdbool.h>

#include "../base/status.h"

/**
 * Print each method on stdout, with what it is and whether this build and
 * kernel have it; with `verbose` the kernel limits that govern the methods,
 * and their use now.  STATUS_OK, or STATUS_DEST once reported.
 */
enum status methods_list(bool verbose);

#endif
