/*
 * A path that is written in place: a device, a FIFO, a kernel file, or with
 * --inplace, --append or --seek, a regular file.
 */
#ifndef IN_PLACE_H
#define IN_PLACE_H

#include "../base/status.h"
#include "../zcopy.h"
#include "endpoint.h"

/** The step `open` of endpoint_in_place, which is no hook because it needs to
 * know the kind.  Open DEST, which is of this kind, or does not exist.  Leave
 * FIFOs and kernel files to `ready`: opening the former waits for the other
 * side, and opening the latter may act.  Return STATUS_OK; on failure, print
 * the reason and return the exit status. */
enum status in_place_open(struct endpoint *, enum zc_kind kind);

#endif
