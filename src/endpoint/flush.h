/*
 * Flush DEST to the disk (--sync).
 *
 * The order is: all bytes are written, the file is flushed, the file gets its
 * name, the directory is flushed.  After a loss of power, the name leads to the
 * old file, whole, or to the new one, whole; and to the new one if zcopy had
 * ended with status 0.
 *
 * Block devices are always flushed, because no other call reports their write
 * errors.
 */
#ifndef FLUSH_H
#define FLUSH_H

#include "../base/status.h"
#include "endpoint.h"

/** Call when DEST is ready, and its position is where writing starts: begin its
 * writeback while the data moves, if that makes the end shorter. */
void flush_early(struct endpoint *);

/** Flush the file or block device, if it is to be flushed.  --timeout does not
 * limit this.  Add the time to ep->flushed.  Return STATUS_OK; on failure,
 * print the reason and return the exit status; also if a signal ends us. */
enum status flush_file(struct endpoint *);

/** With --sync, flush the directory `dir` (O_PATH), which has a new name for
 * the file.  Return as flush_file() does. */
enum status flush_directory(struct endpoint *, int dir);

#endif
