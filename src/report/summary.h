/*
 * The summary of one run: one JSON object, on one line (--json, --json-file).
 * man/zcopy.schema.json describes it.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/digest.h"
#include "../base/options.h"
#include "../base/status.h"
#include "../zcopy.h"

/** What became of one destination. */
struct summary_dest {
	const char *name;		/* as typed */
	const char *kind;		/* zc_kind_name(); NULL: not opened */
	struct zc_result result;
	const char *confirmed;		/* "close", "ack", "none" or NULL */
	double flushed;			/* seconds of flushing; -1: it was not
					   flushed */
	double waited;			/* seconds for the confirmation */
	int status;			/* as that of the summary */
	char *error;			/* why, or NULL; allocated */
};

struct summary {
	const char *source;		/* as typed */
	const char *source_kind;	/* zc_kind_name(); NULL: not opened */
	int64_t size;			/* of SOURCE; -1: unknown */
	int64_t offset;			/* --offset */
	int64_t resumed;		/* bytes that an earlier run moved */
	struct zc_result result;	/* for all destinations */
	struct summary_dest *dest;	/* `count` of them */
	size_t count;
	double copied;			/* seconds of moving */
	struct digest_value digest;	/* of the data; DIGEST_NONE: not
					   computed */
	int status;			/* the exit status, or 128 + signal */
	const char *error;		/* why, or NULL */
};

/** Print the summary on standard output, or on standard error if `errors`.
 * Return STATUS_OK; on failure, print the reason and return the exit
 * status. */
enum status summary_print(const struct summary *, bool errors);

/** Write the summary to this file, which is created or emptied.  Return as
 * summary_print(). */
enum status summary_write(const struct summary *, const char *path);

#endif
