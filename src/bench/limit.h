/*
 * Find the bottleneck from the speeds of SOURCE, DEST and both together.
 */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

enum limit_what {
	LIMIT_UNKNOWN,
	LIMIT_SOURCE,
	LIMIT_DEST,
	LIMIT_NEITHER,			/* they are about as fast */
	LIMIT_MACHINE,			/* which both share */
};

/** Bytes a second; 0: not measured. */
struct speeds {
	const char *source_name, *dest_name;	/* "the disk" */
	double source, dest, both;
};

struct limit {
	enum limit_what what;
	double factor;			/* faster / slower; LIMIT_MACHINE:
					   slower / both; 0: none */
	char text[256];			/* one sentence */
};

/** Return the bottleneck, and a sentence that explains it. */
struct limit limit_find(const struct speeds *);

/** Return "source" and so on, or NULL for LIMIT_UNKNOWN. */
const char *limit_name(enum limit_what);

#endif
