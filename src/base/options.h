/*
 * The parsed command line, which the lower layers read, and the type of the
 * rows of the option table (cli/option-table.c).
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../zcopy.h"
#include "digest.h"
#include "status.h"

struct allow;				/* endpoint/allow.h */
struct rules;				/* transfer/rules.h */

enum action {
	ACTION_COPY,
	ACTION_EXPLAIN,
	ACTION_LIST_METHODS,
	ACTION_DISCARD,
	ACTION_BENCHMARK,
	ACTION_HELP,			/* options_parse() prints these three */
	ACTION_LIST_OPTIONS,
	ACTION_VERSION,
};

/** What the peer of a socket must do before the transfer is a success. */
enum confirm {
	CONFIRM_DEFAULT,		/* close; if inherited, nothing */
	CONFIRM_CLOSE,
	CONFIRM_ACK,
	CONFIRM_NONE,
};

/** What becomes of holes. */
enum sparse {
	SPARSE_AUTO,			/* they stay holes where they can */
	SPARSE_ALWAYS,			/* so do blocks of zeros */
	SPARSE_NEVER,			/* every byte is written */
};

/** What a report looks like. */
enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };

/** When progress is drawn. */
enum progress_when {
	PROGRESS_AUTO,			/* after a second, on a terminal */
	PROGRESS_ALWAYS,
	PROGRESS_NEVER,
};

/* The most destinations of one transfer. */
enum { DESTS_MAX = 32 };

/** The arguments of an option that may be repeated, in order. */
struct names {
	char **name;			/* as typed; allocated, each of them */
	size_t count;
};

struct options {
	enum action action;
	const char *source, *dest;	/* as typed; owned by context; dest is
					   NULL with --discard; both are with
					   --list-methods, and may be with
					   --benchmark */

	struct names also;		/* --also: DESTS_MAX - 1 at most */
	bool all_or_none;		/* --all-or-none */

	int64_t offset;			/* --offset; 0 without */
	int64_t bytes;			/* --bytes, or ZC_TO_END */
	int64_t seek;			/* --seek, or -1 */
	bool allow_short, append, inplace, no_clobber;
	struct names headers, trailers;	/* --header, --trailer */

	enum zc_method method;		/* --method */
	struct rules *rules;		/* --select, or NULL */
	bool stable, no_disk_io;
	size_t block_size, pipe_size;	/* 0: measured defaults */
	int64_t buffer;			/* --buffer; 0: none */
	int64_t rate;			/* --rate, bytes a second; 0: any */

	bool sync, preserve, resume;	/* --sync, --preserve, --resume */

	enum digest_algorithm digest;	/* --digest */
	struct digest_value expect;	/* --expect */
	char *digest_file;		/* --digest-file, or NULL */

	enum sparse sparse;		/* --sparse */

	bool no_cache;			/* --no-cache */

	enum confirm confirm;		/* --confirm */
	double timeout;			/* --timeout, seconds; -1 without */
	int retry;			/* --retry */
	double retry_for;		/* --retry-for, seconds; 0 without */
	char *user;			/* --user, or NULL */
	struct allow *allow;		/* --allow, or NULL: everybody */
	int family;			/* AF_INET: -4; AF_INET6; AF_UNSPEC */
	char *congestion;		/* --congestion, or NULL */

	int rounds;			/* --rounds; 0 without */
	double max_time;		/* --max-time, seconds; -1 without */
	enum format format;		/* --json, --csv */
	enum progress_when progress;	/* --progress, --no-progress */
	int progress_fd;		/* --progress-fd, or -1 */
	char *json_file;		/* --json-file, or NULL */
	bool syslog;			/* --syslog */
	bool verbose, quiet;

	const struct option *rows;	/* the table, OPTION_ROWS long; NULL:
					   no command line was read */
	void *context;			/* owns the strings: cli/options.c */
};

/** The options when none is given. */
#define OPTIONS_INIT { .bytes = ZC_TO_END, .seek = -1, .timeout = -1, \
	.max_time = -1, .progress_fd = -1 }

/** What an option needs; a set of bits.  Types of endpoints offer some. */
enum need {
	NEED_PATH = 1 << 0,		/* DEST is a path */
	NEED_POSITION = 1 << 1,		/* DEST is not on a network, so it may
					   have a position to write at */
	NEED_SOCKET = 1 << 2,		/* DEST is a socket */
	NEED_TCP = 1 << 3,		/* an end on TCP */
	NEED_FAMILY = 1 << 4,		/* zcopy chooses the address family */
	NEED_LISTEN = 1 << 5,		/* an end that listens on TCP or
					   vsock */
	NEED_CONNECT = 1 << 6,		/* an end that connects */
	NEED_DATA = 1 << 7,		/* data that is moved, not discarded */
	NEED_ONCE = 1 << 8,		/* one transfer: no --benchmark */
	NEED_OPERANDS = 1 << 9,		/* --benchmark has SOURCE and DEST */
	NEED_BENCHMARK = 1 << 10,	/* --benchmark */
	NEED_FLUSH = 1 << 11,		/* DEST is a file or disk */
	NEED_REGULAR = 1 << 12,		/* DEST is a regular file */
	NEED_HOLES = 1 << 13,		/* DEST can have holes */
	NEED_ENDS = 1 << 14,		/* ends of any kind; also with
					   --discard */
	NEED_ANY = (1 << 15) - 1,	/* all of these */
};

/** Options with the same choice exclude each other. */
enum choice {
	CHOICE_NONE,
	CHOICE_START,			/* where writing starts */
	CHOICE_ACTION,
	CHOICE_FAMILY,
	CHOICE_FORMAT,
	CHOICE_PROGRESS,		/* drawn or not */
	CHOICE_LEVEL,			/* how much is printed */
};

/** A row of the table: all there is to know of one option. */
struct option {
	const char *name;		/* "--offset"; NULL: `help` is the
					   heading of a group, or (if it is
					   NULL, too) the row is unused */
	char letter;			/* 'c' for -c, or '\0' */
	const char *alias;		/* another name, which --help does not
					   list; or NULL */
	const char *help;
	const char *placeholder;	/* "SIZE"; NULL: it takes no value */

	/* Set the member and return STATUS_OK; on failure, print the reason
	 * and return the exit status.  To keep *value, store NULL there;
	 * otherwise the caller frees it. */
	enum status (*take)(const struct option *, void *member, char **value);
	size_t offset, size;		/* of its member in struct options */
	int constant;			/* what this option stores in a member
					   (int or enum) that several share */

	/* Return the words that the value may be, one after another, from
	 * i = 0 on, and NULL after the last.  NULL: no words are known. */
	const char *(*word)(int i);
	int first;			/* take_word() stores this for word 0,
					   and `first` + i for word i */

	unsigned needs;			/* enum need */
	enum choice choice;
	const char *lacks;		/* why this build refuses it, or NULL */
};

enum { OPTION_ROWS = 64 };		/* as many as the table can have */

/** True if the option has changed its member: --retry=0, the default, counts as
 * not given. */
bool option_given(const struct option *, const struct options *);

/** Return the name of the first option given that needs one of `needs` (enum
 * need), or NULL. */
const char *options_needing(const struct options *, unsigned needs);

/** Reset all options that need one of `needs`, as if they had not been given.
 * Free nothing: `options` must be a copy. */
void options_reset(struct options *, unsigned needs);

#endif
