/*
 * Find the bottleneck from the speeds of SOURCE, DEST and both together.
 */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

enum limit_what {
	LIMIT_UNKNOWN,
	LIMIT_SOURCE,			/* SOURCE is slower than DEST */
	LIMIT_DEST,			/* DEST is slower than SOURCE */
	LIMIT_NEITHER,			/* both are about equally fast */
	LIMIT_MACHINE,			/* the CPU or memory that both use */
};

/** Bytes per second; 0: not measured. */
struct speeds {
	const char *source_name, *dest_name;	/* for the text: "the disk" */
	double source, dest;			/* of each alone */
	double both;				/* of SOURCE to DEST */
};

struct limit {
	enum limit_what what;
	double factor;			/* speed of the faster end / the slower;
					   LIMIT_MACHINE: of the slower end /
					   both; LIMIT_UNKNOWN: 0 */
	char text[256];			/* one sentence that explains it */
};

/** Find the bottleneck. */
struct limit limit_find(const struct speeds *);

/** Return "source" and so on, or NULL for LIMIT_UNKNOWN. */
const char *limit_name(enum limit_what);

#endif
