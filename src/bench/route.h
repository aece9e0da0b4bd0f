/*
 * Routes: from where to where the benchmark moves data, as operands.
 */
#ifndef BENCH_ROUTE_H
#define BENCH_ROUTE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../base/status.h"
#include "../base/options.h"

/** Which part of the answer it is for, to the question what the limit is. */
enum part { PART_NONE, PART_SOURCE, PART_DEST, PART_BOTH };

/** An inherited descriptor that is used again and again. */
struct rewind {
	int fd;				/* -1: none */
	off_t start;
};

struct route {
	const char *name;
	enum part part;
	struct options options;		/* of each pass, but for the method */
	char *source, *dest;		/* the operands; ours */
	int cold;			/* the file that the page cache is to
					   forget before each pass; -1: none */
	struct rewind rewind[2];
	int fd;				/* ours to close, or -1 */
	pid_t far_end;			/* ours to end, or 0 */
};

enum { ROUTES_MAX = 10 };

struct routes {
	struct route route[ROUTES_MAX];
	size_t count;

	const char *source, *dest;	/* what the parts are called */
	int64_t bytes;			/* of data of our own */
	const char *directory;		/* where data of our own is, or NULL */
	char file_system[32];		/* of the file; "": none, or unknown */
	bool has_cold;			/* some routes have a cold file */
	int file, memory;		/* ours to close, or -1 */
};

#define ROUTES_INIT { .count = 0, .file = -1, .memory = -1 }

/**
 * One more, with all that it has in common with these options; source and
 * dest are of malloc, and taken over.  NULL, once printed, when there is no
 * memory, which either of them may be by then.
 */
struct route *routes_add(struct routes *, const char *name,
    const struct options *, char *source, char *dest);

/** An operand, for routes_add(). */
char *routes_name(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/** A file by its descriptor, each time opened anew. */
char *routes_reopen(int fd);

/** The routes between data and far ends of our own. */
enum status standard_routes(struct routes *, const struct options *);

/** Those between the operands, or STATUS_USAGE once it is printed why they
 * cannot be measured. */
enum status operands_routes(struct routes *, const struct options *);

/** Do what comes before each pass.  STATUS_OK, or another once printed. */
enum status route_prepare(const struct route *);

/** End the far ends, and close what is ours. */
void routes_end(struct routes *);

#endif
