/*
 * A method: one way to move bytes from the source to a sink.  Each is a file
 * with one exported const struct, and sees nothing but ends, stores and calls.
 * It does not loop or wait, and does not decide what comes next.
 *
 * A method either moves bytes from end to end in one call (`pass`), or takes
 * them into a store and gives them from there.  One method may have two rows of
 * the same name, one of each sort: the first one that fits is used.
 */
#ifndef ENGINE_METHOD_H
#define ENGINE_METHOD_H

#include <stddef.h>

#include "../zcopy.h"
#include "end.h"
#include "step.h"
#include "store.h"

struct method {
	enum zc_method id;
	const char *name, *summary;

	/** Return 0, or the errno with which this kernel refuses it.  NULL:
	 * it is always available. */
	int (*available)(void);

	/** Ask available() before each use, because the call itself would not
	 * tell. */
	bool asks;

	/** Return NULL if it may work for these ends, else the reason why not,
	 * for users to read.  A pure function: what only the kernel can know
	 * is left to the kernel. */
	const char *(*suits)(const struct zc_ends *);

	/** True if this row of several is the one for these ends.  NULL: it
	 * is. */
	bool (*fits)(const struct end *in, const struct end *out);

	/** Move at most call->max bytes, by one call. */
	struct step (*pass)(struct end *in, struct end *out,
	    const struct call *);

	/** Or take them into a store. */
	const struct store_ops *store;
};

extern const struct method method_copy_file_range, method_sendfile,
    method_splice, method_splice_direct, method_mmap, method_read_write,
    method_reflink;

/** A method that this system lacks.  It stays in the table, as unavailable, and
 * is in no plan. */
#define METHOD_MISSING(its_id, its_name, its_summary) {			\
	.id = its_id,							\
	.name = its_name,						\
	.summary = its_summary,						\
	.available = method_missing,					\
	.suits = method_why_missing,					\
}
int method_missing(void);
const char *method_why_missing(const struct zc_ends *);

/** Return the method's first row.  That of ZC_AUTO has only texts. */
const struct method *method_get(enum zc_method);

/** Return the row to use for these ends, or NULL: none fits.  `shared`: bytes
 * that are taken go to several sinks, so only a store will do. */
const struct method *method_for(enum zc_method, const struct end *in,
    const struct end *out, bool shared);

#endif
