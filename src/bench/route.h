/*
 * Routes: the pairs of SOURCE and DEST between which the benchmark moves data.
 */
#ifndef BENCH_ROUTE_H
#define BENCH_ROUTE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../base/status.h"
#include "../base/options.h"

/** The part that the route measures, to find the bottleneck. */
enum part { PART_NONE, PART_SOURCE, PART_DEST, PART_BOTH };

/** An inherited descriptor, and the position to which each pass returns. */
struct rewind {
	int fd;				/* -1: none */
	off_t start;
};

enum {
	SINKS_MAX = 3,			/* destinations of a route */
	LINES_MAX = 1 + SINKS_MAX,	/* to far ends: SOURCE's is the first */
};

struct route {
	const char *name;
	enum part part;
	struct options options;		/* of each pass, except the method */
	char *source, *dest;		/* the operands, allocated */
	char *also[SINKS_MAX - 1];	/* further destinations, allocated */
	int cold;			/* drop this file from the page cache
					   before each pass; -1: none */
	bool copies_nothing;		/* sendfile and splice: DEST is
					   /dev/null, and SOURCE may be in the
					   page cache */
	struct rewind rewind[2];
	int fd[LINES_MAX];		/* closed by routes_free(), or -1 */
	pid_t far_end[LINES_MAX];	/* killed by routes_free(), or 0 */
};

enum { ROUTES_MAX = 11 };

struct routes {
	struct route route[ROUTES_MAX];
	size_t count;

	const char *source_label;	/* in the report: "the disk", ... */
	const char *dest_label;		/* "the network", ... */
	int64_t bytes;			/* size of the test data */
	const char *directory;		/* of the test file, or NULL */
	char file_system[32];		/* of the file; "": none, or unknown */
	bool has_cold;			/* some routes have a cold file */
	bool fills_holes;		/* SOURCE has holes; they are read and
					   written as zeros */
	char *written;			/* DEST's name, allocated, if it is a
					   file or disk that is written in
					   place; or NULL */
	int file, memory;		/* closed by routes_free(), or -1 */
};

#define ROUTES_INIT { .count = 0, .file = -1, .memory = -1 }

/**
 * Add a route with a copy of these options.  Take ownership of source and dest,
 * which are from malloc(3).  If one of them is NULL (out of memory), free the
 * other, print the reason and return NULL.
 */
struct route *routes_add(struct routes *, const char *name,
    const struct options *, char *source, char *dest);

/** Return an operand for routes_add(), or NULL if out of memory. */
char *routes_name(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/** Return an operand that opens the descriptor's file anew in each pass. */
char *routes_reopen(int fd);

/** Add the routes between test data and far ends of our own.  Return STATUS_OK;
 * on failure, print the reason and return the exit status. */
enum status standard_routes(struct routes *, const struct options *);

/** Add the routes between the operands.  Return STATUS_OK; on failure, print
 * the reason and return the exit status: STATUS_USAGE if the operands cannot be
 * measured. */
enum status operands_routes(struct routes *, const struct options *);

/** Before each pass, rewind the descriptors and drop the cold file from the
 * page cache.  Return STATUS_OK; on failure, print the reason and return the
 * exit status. */
enum status route_prepare(const struct route *);

/** Stop the far ends, drop SOURCE and DEST from the page cache, if they can be
 * cold, and free and close everything. */
void routes_free(struct routes *);

#endif
