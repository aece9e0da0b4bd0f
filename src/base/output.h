/*
 * What zcopy itself prints on standard output, through stdio: --help, reports.
 */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include "status.h"

/** Buffer what is printed.  Call this before anything is. */
void output_buffer(void);

/** Flush stdout.  Return STATUS_OK if all of it was written; on failure, print
 * the reason and return STATUS_DEST.  If the reader of a pipe has left (EPIPE),
 * print nothing and let zcopy die by SIGPIPE. */
enum status output_flush(void);

#endif
