/*
 * From what the engine came to, to a line on standard error and a status.
 */
#ifndef TRANSFER_VERDICT_H
#define TRANSFER_VERDICT_H

#include "../base/status.h"
#include "../endpoint/endpoint.h"
#include "../zcopy.h"

/** STATUS_OK for ZC_DONE.  A reader that left a pipe is SIGPIPE, quietly,
 * unless that was ignored when zcopy started. */
enum status verdict(const struct zc_result *, const struct endpoint *source,
    const struct endpoint *dest);

/** Nothing moved for as long as --timeout allows: say which end it was. */
enum status verdict_stalled(const struct zc_result *,
    const struct endpoint *source, const struct endpoint *dest);

/** Say that the named method cannot serve: STATUS_METHOD. */
enum status verdict_ruled_out(const struct endpoint *dest, enum zc_method,
    const char *why, enum zc_kind in, enum zc_kind out);

/** Say that kernel files take no header or trailer: STATUS_DEST. */
enum status verdict_wrapped(const struct endpoint *dest);

#endif
