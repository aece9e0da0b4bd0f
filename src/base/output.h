/*
 * What zcopy itself prints on standard output, through stdio: --help, reports.
 */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include "status.h"

/** Flush it.  STATUS_OK if all of it arrived, or STATUS_DEST once the reason is
 * printed; a reader that left is SIGPIPE, without a word. */
enum status output_flush(void);

#endif
