/*
 * Which method is at work, and what comes next when it is refused.
 */
#ifndef ENGINE_FALLBACK_H
#define ENGINE_FALLBACK_H

#include "job.h"

/** Begin with the sinks' candidates, or the first ones after them that can. */
void fallback_begin(struct zc_job *, struct supply *);

/** Go on with the next method of the sink's plan, at the same byte.  If others
 * share the supply, they go on as they are until they have what was taken. */
void fallback_refused(struct zc_job *, struct sink *, int error);

/** End the sink, because no method is left.  A full sink (ENOSPC and the like)
 * is a failure of that side, and so is a source that read(2) cannot read either
 * (EIO); else the method that was named does not suit. */
void fallback_none_left(struct zc_job *, struct sink *);

#endif
