/*
 * --header and --trailer: files that are sent before and after the data.
 */
#ifndef TRANSFER_WRAPPING_H
#define TRANSFER_WRAPPING_H

#include "../base/status.h"
#include "../base/options.h"
#include "../zcopy.h"

/** Check that they are files or descriptors, by their names.  Open nothing. */
enum status wrapping_check(const struct options *);

/**
 * Read each into memory, headers first.  Return STATUS_OK; on failure, print
 * the reason and return the exit status.  Call wrapping_free() in any case.
 */
enum status wrapping_read(struct zc_hdtr *, const struct options *);
void wrapping_free(struct zc_hdtr *);

#endif
