/*
 * Which of the two is the limit?  The answer, in words.
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
	double factor;			/* the faster to the slower; of
					   LIMIT_MACHINE the slower to both;
					   0: none */
	char text[256];			/* one sentence */
};

struct limit limit_find(const struct speeds *);

/** "source"..., or NULL for LIMIT_UNKNOWN. */
const char *limit_name(enum limit_what);

#endif
