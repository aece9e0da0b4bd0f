/*
 * The command line, parsed: nothing has been opened.
 *
 * To add an option: a row in its group in option-table.c, a case in
 * take_flag() or take_value(), a member here, a paragraph in zcopy(1).
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <popt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allow.h"
#include "rules.h"
#include "status.h"
#include "zcopy.h"

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

	poptContext context;
};

/** As if none had been given. */
#define OPTIONS_INIT { .bytes = ZC_TO_END, .seek = -1, .timeout = -1 }

/**
 * STATUS_OK; else the reason is printed: STATUS_USAGE, or STATUS_DEST when
 * --help or --version could not be written.  Free with options_free() always.
 */
enum status options_parse(struct options *, int argc, const char **argv);
void options_free(struct options *);

/** Did all that was printed on stdout arrive?  STATUS_OK, or STATUS_DEST once
 * the reason is printed; a reader that left is SIGPIPE, without a word. */
enum status options_flush(void);

#endif
