/*
 * Turn a result of the engine into a message and an exit status.
 */
#ifndef TRANSFER_VERDICT_H
#define TRANSFER_VERDICT_H

#include "../base/status.h"
#include "../endpoint/endpoint.h"
#include "../zcopy.h"
#include "ends.h"

/** Judge what was moved to one destination.  Return STATUS_OK for ZC_DONE;
 * otherwise print the reason and return the exit status.  If the reader of a
 * pipe has left (EPIPE), print nothing and set dest->broken, unless SIGPIPE was
 * ignored when zcopy started. */
enum status verdict(const struct zc_result *, struct ends *, struct dest *);

/** Print that the method of --method cannot serve.  Return STATUS_METHOD. */
enum status verdict_ruled_out(const struct endpoint *dest, enum zc_method,
    const char *why, enum zc_kind in, enum zc_kind out);

/** Print that kernel files take no header or trailer.  Return STATUS_DEST. */
enum status verdict_wrapped(const struct endpoint *dest);

#endif
