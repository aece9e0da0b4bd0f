/*
 * Find the bottleneck from the speeds of SOURCE, DEST and both together.
 */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

#include "figures.h"

enum limit_what {
	LIMIT_UNKNOWN,
	LIMIT_SOURCE,			/* SOURCE is slower than DEST */
	LIMIT_DEST,			/* DEST is slower than SOURCE */
	LIMIT_NEITHER,			/* both are about equally fast */
	LIMIT_MACHINE,			/* the CPU or memory that both use */
};

/** Bytes per second; all 0: not measured. */
struct speeds {
	const char *source_name, *dest_name;	/* for the text: "the disk" */
	struct spread source, dest;		/* of each alone */
	struct spread both;			/* of SOURCE to DEST */
};

struct limit {
	enum limit_what what;
	double factor;			/* speed of the faster end / the slower;
					   LIMIT_MACHINE: of the slower end /
					   both; LIMIT_UNKNOWN: 0 */
	double factor_min, factor_max;	/* the factor, if one end had its best
					   round and the other its worst, and
					   the other way round: below 1, the
					   rounds overlap */
	char text[512];			/* what explains it: one sentence, or
					   two; no newline */
};

/** Find the bottleneck. */
struct limit limit_find(const struct speeds *);

/** Return "source" and so on, or NULL for LIMIT_UNKNOWN. */
const char *limit_name(enum limit_what);

#endif
