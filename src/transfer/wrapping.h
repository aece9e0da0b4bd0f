/*
 * What goes before the data and after it: the files of --header and --trailer.
 */
#ifndef TRANSFER_WRAPPING_H
#define TRANSFER_WRAPPING_H

#include "../base/status.h"
#include "../base/options.h"
#include "../zcopy.h"

/** Are they names of files or descriptors?  Opens nothing. */
enum status wrapping_check(const struct options *);

/**
 * Read them whole, each once, in the order header, trailer.  STATUS_OK, or
 * another once the reason is printed.  Free with wrapping_free() always.
 */
enum status wrapping_read(struct zc_hdtr *, const struct options *);
void wrapping_free(struct zc_hdtr *);

#endif
