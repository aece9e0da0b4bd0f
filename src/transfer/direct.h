/*
 * Inherited descriptors that have O_DIRECT.  They take whole blocks only, and
 * zcopy must not clear the flag, because other processes share it.
 */
#ifndef TRANSFER_DIRECT_H
#define TRANSFER_DIRECT_H

#include "../endpoint/endpoint.h"
#include "../endpoint/look.h"

#include "../base/status.h"

/** True if it is such a descriptor. */
bool direct_concerns(const struct endpoint *);

/** Return the least number of bytes, a power of two, of which it takes any
 * multiple: 1 for other ends. */
int64_t direct_least(const struct endpoint *);

/** Check, when SOURCE is ready or looked at, that it can give what is to be
 * moved.  Return STATUS_OK; on failure, print the reason and return the exit
 * status. */
enum status direct_check_source(const struct endpoint *, const struct look *in);

/** Check likewise that DEST can take that. */
enum status direct_check_dest(const struct endpoint *, const struct look *out,
    const struct look *in);

/** Return what to add to a message about EINVAL from this end; "" unless it has
 * O_DIRECT.  Static text. */
const char *direct_hint(const struct endpoint *);

#endif
