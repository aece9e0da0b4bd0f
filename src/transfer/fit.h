/*
 * Check that the ends fit the options, and each other, by their names and by
 * looking at what is there, before anything is opened.
 */
#ifndef TRANSFER_FIT_H
#define TRANSFER_FIT_H

#include "../base/status.h"
#include "ends.h"

/**
 * Check that each option can be honoured by at least one end, and that a kernel
 * file is the only destination.  If there are several, reset in dest->options
 * what that destination cannot honour.  Return STATUS_OK; otherwise print what
 * does not fit, and return STATUS_USAGE.
 */
enum status fit_options(struct ends *);

/** Check the same for a SOURCE without a destination (--discard). */
enum status fit_source(const struct endpoint *);

#endif
