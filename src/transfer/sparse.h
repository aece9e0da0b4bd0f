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

/** Return why DEST, which is parsed and not open yet, can have no holes, and
 * what to do instead; or NULL.  What cannot be looked at is left to opening
 * it. */
const char *sparse_lack(const struct endpoint *dest);

/** Return why the open descriptor can have no holes, for users to read; or
 * NULL. */
const char *sparse_objection(int fd);

#endif
