/*
 * A method: one way to move bytes from one end to another.  Each is a file with
 * one exported const struct.  It does not loop or wait, and does not decide
 * what comes next.
 *
 *	suits  -> begin -> (fill | drain)* -> [rescue] -> release
 *
 * A method either takes bytes into a store of its own (fill) and gives them to
 * the sink from there (drain), or it moves them in one call: then
 * job->through is set and only drain is called.  The job counts bytes, by what
 * the steps return.
 */
#ifndef ENGINE_METHOD_H
#define ENGINE_METHOD_H

#include <stddef.h>

#include "../zcopy.h"
#include "step.h"

struct zc_job;

struct method {
	const char *name, *summary;

	/** Return 0, or the errno with which this kernel refuses it.  NULL:
	 * it is always available. */
	int (*available)(void);

	/** Return NULL if it may work for these ends, else the reason why not,
	 * for users to read.  A pure function: what only the kernel can know
	 * is left to the kernel. */
	const char *(*suits)(const struct zc_ends *);

	/** Get what it needs.  Return 0, or -1 with errno: try the next method.
	 * Optional. */
	int (*begin)(struct zc_job *);

	/** Take at most job_limit() bytes from the source.  NULL: it only moves
	 * bytes in one call. */
	struct step (*fill)(struct zc_job *);

	/** Give the sink some of the job->held bytes; or, with job->through,
	 * move at most job_limit() bytes. */
	struct step (*drain)(struct zc_job *);

	/** Move the bytes held into job->buffer, or back to the source, because
	 * the method is given up.  Return 0, or -1 with errno: they are lost.
	 * Optional. */
	int (*rescue)(struct zc_job *);

	/** Release the store, whatever it holds.  Optional. */
	void (*release)(struct zc_job *);
};

extern const struct method method_copy_file_range, method_sendfile,
    method_splice, method_mmap, method_read_write, method_reflink;

/** A method that this system lacks.  It stays in the table, as unavailable. */
#define METHOD_MISSING(its_name, its_summary, its_suits) {	\
	.name = its_name,					\
	.summary = its_summary,					\
	.available = method_missing,				\
	.suits = its_suits,					\
	.begin = method_missing_begin,				\
}
int method_missing(void);
int method_missing_begin(struct zc_job *);

/** Return the method's struct.  That of ZC_AUTO has only texts. */
const struct method *method_get(enum zc_method);

#endif
