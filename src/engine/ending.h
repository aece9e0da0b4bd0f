/*
 * How a sink ends, and with it perhaps the whole job; and what the caller is
 * told.
 */
#ifndef ENGINE_ENDING_H
#define ENGINE_ENDING_H

#include <stdbool.h>

#include "job.h"

/** Return the first sink after `sink` (NULL: from the beginning) that `supply`
 * (NULL: any) serves and that has not ended; or NULL. */
struct sink *job_next_active(struct zc_job *, const struct supply *,
    struct sink *);

#define FOR_EACH_ACTIVE(each, job, supply)				\
	for (struct sink *each = job_next_active(job, supply, NULL);	\
	    each != NULL; each = job_next_active(job, supply, each))

/** End the sink with this outcome, and the whole job unless others may go
 * on. */
void job_end_sink(struct zc_job *, struct sink *, enum zc_outcome, int error);

/** End the sink, because this side has failed. */
void job_fail_sink(struct zc_job *, struct sink *, enum zc_side, int error);

/** End the sinks that zc_job_drop() was called for. */
void job_drop_sinks(struct zc_job *);

/** End all sinks; each keeps the side that it waited for. */
void job_end_all(struct zc_job *, enum zc_outcome, int error);

/** Release everything, whether the sinks have ended or not.  Keep errno. */
void job_settle(struct zc_job *);

/** Report to the request's event function, which may stop the job. */
void job_report(struct zc_job *, struct sink *, enum zc_event_type,
    enum zc_method, int error);

/** The same for what was moved. */
void job_report_moved(struct zc_job *, struct sink *, enum zc_method,
    const struct zc_moved *);

#endif
