/*
 * A way to move bytes from one end to another: one file each, one exported
 * const struct, no loop, no waiting, no say in what comes next.
 *
 *	suits  -> begin -> (fill | drain)* -> [rescue] -> release
 *
 * A method either takes bytes into a store of its own (fill) and puts them
 * into the sink from there (drain), or it moves them in one call: then
 * job->through is set and only drain is called.  The job does all accounting,
 * from what the steps return.
 */
#ifndef ENGINE_METHOD_H
#define ENGINE_METHOD_H

#include <stddef.h>

#include "../zcopy.h"
#include "step.h"

struct zc_job;

struct method {
	const char *name, *summary;

	/** 0, or the errno by which this kernel refuses it. */
	int (*available)(void);

	/** NULL: it can serve these ends; else why not, for a user to read.
	 * Pure.  What only the kernel can know is left to the kernel. */
	const char *(*suits)(const struct zc_ends *);

	/** Get what it needs.  0, or -1 with errno: unsuited.  Optional. */
	int (*begin)(struct zc_job *);

	/** Take at most job_limit() bytes from the source.  NULL: cannot. */
	struct step (*fill)(struct zc_job *);

	/** Put some of job->held bytes into the sink; or, with job->through,
	 * move at most job_limit() bytes. */
	struct step (*drain)(struct zc_job *);

	/** Bytes held must outlive the method: into job->buffer, or back to
	 * the source.  0, or -1 with errno: they are lost.  Optional. */
	int (*rescue)(struct zc_job *);

	/** Release the store, whatever it holds.  Optional. */
	void (*release)(struct zc_job *);
};

extern const struct method method_copy_file_range, method_sendfile,
    method_splice, method_mmap, method_read_write, method_reflink;

/** The row of a method that this system lacks: in the table, unavailable. */
#define METHOD_MISSING(its_name, its_summary, its_suits) {	\
	.name = its_name,					\
	.summary = its_summary,					\
	.available = method_missing,				\
	.suits = its_suits,					\
	.begin = method_missing_begin,				\
}
int method_missing(void);
int method_missing_begin(struct zc_job *);

/** Never NULL for a method that is not ZC_AUTO. */
const struct method *method_get(enum zc_method);

#endif
