/*
 * Opening a path, for SOURCE and for what is written in place.
 */
#ifndef FILE_H
#define FILE_H

#include "../base/status.h"
#include "endpoint.h"

/** Make `fd` the endpoint's, or report why open(2) failed (fd < 0).  Fail with
 * ESTALE if it is another type of file than stat(2) saw.  Return STATUS_OK; on
 * failure, print the reason and return the exit status. */
enum status file_attach(struct endpoint *, int fd);

/** Open the path when the ends get ready, with these flags of open(2).  A FIFO
 * waits for its other side, until the deadline.  Return as above. */
enum status file_open_late(struct endpoint *, int flags);

/** Print that --append does not fit a block device.  Return the exit status. */
enum status file_refuse_append(const struct endpoint *);

#endif
