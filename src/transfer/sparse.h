/*
 * --sparse: what becomes of holes and of blocks of zeros.
 */
#ifndef TRANSFER_SPARSE_H
#define TRANSFER_SPARSE_H

#include "../base/options.h"
#include "../base/status.h"
#include "../endpoint/endpoint.h"

/** Return the engine's flags (enum zc_flag) for it. */
unsigned sparse_flags(const struct options *);

/** Check that DEST, which is parsed and not open yet, can have holes, if
 * --sparse=always asks for them.  Return STATUS_OK; otherwise print the reason
 * and what to do instead, and return STATUS_USAGE.  What cannot be looked at is
 * left to opening it. */
enum status sparse_check(const struct endpoint *dest);

/** Return why the open descriptor can have no holes, for users to read; or
 * NULL. */
const char *sparse_objection(int fd);

#endif
