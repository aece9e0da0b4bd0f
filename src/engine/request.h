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

/** True if the range of `bytes` at `offset` ends at or before 2^63-1. */
bool request_has_range(int64_t offset, int64_t bytes);

/** Find out about all ends.  Return 0, or -1 with errno. */
int request_inspect(struct zc_job *);

/** Set header and trailer.  Return 0, or -1 with EINVAL. */
int request_wrap(struct sink *, const struct zc_hdtr *);

/** Check that a sink can take the range of `bytes`.  Return 0, or -1 with
 * EINVAL. */
int request_check_sink(const struct zc_job *, const struct sink *,
    int64_t bytes);

#endif
