/*
 * Do the ends fit the options, and each other?  Found out by names, and by
 * looking, before anything is opened.
 */
#ifndef TRANSFER_FIT_H
#define TRANSFER_FIT_H

#include "../base/status.h"
#include "ends.h"

/**
 * Check that at least one end can honour each option.  An option that fits some
 * of several destinations is reset in dest->options of the others.  Return
 * STATUS_OK; otherwise print the first option that none can honour, and return
 * STATUS_USAGE.
 */
enum status fit_options(struct ends *);

/** Check the same for a SOURCE without a destination (--discard). */
enum status fit_source(const struct endpoint *);

#endif
