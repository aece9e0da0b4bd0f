/*
 * What the user asked for: the command line, parsed, as everything below
 * reads it.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../zcopy.h"

struct allow;				/* endpoint/allow.h */
struct rules;				/* transfer/rules.h */

enum action {
	ACTION_COPY,
	ACTION_EXPLAIN,
	ACTION_LIST_METHODS,
	ACTION_DISCARD,
	ACTION_BENCHMARK,
	ACTION_DONE,			/* --help, --version: printed already */
};

/** What a socket must have shown before the transfer is a success. */
enum confirm {
	CONFIRM_DEFAULT,		/* close, for a socket of our own */
	CONFIRM_CLOSE,
	CONFIRM_ACK,
	CONFIRM_NONE,
};

/** What a report looks like. */
enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };

/** Arguments of an option that may be repeated, in order. */
struct names {
	char **name;			/* as typed; each is ours to free */
	size_t count;
};

struct options {
	enum action action;
	bool several_actions;		/* that exclude each other */
	const char *source, *dest;	/* as typed; owned by context; dest is
					   NULL with --discard, both with
					   --list-methods, and may be with
					   --benchmark */

	int64_t offset;			/* --offset; 0 without */
	int64_t bytes;			/* --bytes, or ZC_TO_END */
	int64_t seek;			/* --seek, or -1 */
	bool allow_short, append, inplace, no_clobber;
	struct names headers, trailers;	/* --header, --trailer */

	enum zc_method method;		/* --method */
	struct rules *rules;		/* --select, or NULL */
	bool stable, no_disk_io;
	size_t block_size, pipe_size;	/* 0: measured defaults */

	enum confirm confirm;		/* --confirm */
	double timeout;			/* --timeout, seconds; -1 without */
	int retry;			/* --retry */
	struct allow *allow;		/* --allow, or NULL: everybody */
	int family;			/* AF_INET: -4; AF_INET6; AF_UNSPEC */
	bool both_families;		/* -4 and -6 */
	char *congestion;		/* --congestion, or NULL */

	int rounds;			/* --rounds; 0 without */
	enum format format;		/* --json, --csv */
	bool both_formats;
	bool verbose, quiet;

	void *context;			/* owns the strings: cli/options.c */
};

/** As if none had been given. */
#define OPTIONS_INIT { .bytes = ZC_TO_END, .seek = -1, .timeout = -1 }

#endif
