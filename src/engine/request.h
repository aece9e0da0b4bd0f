/*
 * What the caller asks for, checked, and what its ends are.
 */
#ifndef ENGINE_REQUEST_H
#define ENGINE_REQUEST_H

#include <stdbool.h>

#include "job.h"

/** Copy the caller's request.  Return 0, or -1 with EINVAL if a member is not
 * valid. */
int request_read(struct zc_request *, const struct zc_request *theirs);

/** True if `offset` is ZC_CURRENT, or if the range of `bytes` (ZC_TO_END: any)
 * at `offset` ends at or before 2^63-1. */
bool request_range_is_valid(int64_t offset, int64_t bytes);

/**
 * Fill in all supplies and sinks of the job as its request says: find out what
 * the ends are, decide whether the sinks share one supply, and check that each
 * sink can take the data.  Return 0, or -1 with errno.
 */
int request_inspect(struct zc_job *);

/** Return the request's flags, without ZC_MAKE_HOLES if the sink can have no
 * holes. */
unsigned request_flags(const struct zc_request *, const struct sink *);

/** True if holes of the source are to be looked for, for this sink. */
bool request_keeps_holes(const struct zc_request *, const struct sink *);

/** Set the sink's header and trailer; `hdtr` may be NULL.  Return 0, or -1 with
 * EINVAL. */
int request_wrap(struct sink *, const struct zc_hdtr *hdtr);

/** Check that the sink can take `bytes` of data (ZC_TO_END: unknown) with its
 * header and trailer.  Return 0, or -1 with EINVAL. */
int request_check_sink(const struct zc_job *, const struct sink *,
    const struct end *in, int64_t bytes);

#endif
