/*
 * One run: open, move, commit, report.
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "options.h"
#include "status.h"

/** What zcopy is to exit with; if it is not STATUS_OK and signals_caught()
 * says that a signal came, it is to die by that. */
enum status transfer(const struct options *);

#endif
