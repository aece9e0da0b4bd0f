/*
 * What can be known of an end without opening it.
 *
 * The `look` hook of an endpoint type says what opening would find, and which
 * obstacle it would meet.  It moves nothing, connects to nobody and creates
 * nothing.
 */
#ifndef LOOK_H
#define LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "../base/status.h"
#include "../system/filesystem.h"
#include "../zcopy.h"

struct endpoint;

struct look {
	enum zc_kind kind;
	bool missing;			/* a file that has yet to be made */
	bool guessed;			/* `size` is what a FUSE server says */
	int flags;			/* as F_GETFL will give them */
	int64_t start;			/* of the first byte to move; -1: it has
					   no position */
	int64_t size;			/* of the whole, or -1 */
	const char *way;		/* how DEST will be written */
};

/* What is known of a socket that is not connected yet. */
#define LOOK_SOCKET	(struct look){ .kind = ZC_SOCKET, .start = -1, \
	.size = -1 }

/** Return the kind of `fd`, which may be O_PATH. */
enum zc_kind look_kind(int fd, const struct stat *);

/** Find out the kind and size of `fd`, which may be O_PATH.  Other members stay
 * as they are. */
void look_inspect(struct look *, int fd, const struct stat *);

/** Fill in all members but `way` for an end that has a descriptor. */
void look_open(struct look *, const struct endpoint *);

/** Return the file system of a file that need not be open. */
enum filesystem look_filesystem(const struct endpoint *);

/** Return how many bytes are to be moved, or ZC_TO_END: --bytes without those
 * that an earlier run has moved (--resume). */
int64_t look_wanted(const struct endpoint *source);

/** Set source->expected by what was seen of SOURCE, which is at the first byte
 * to move. */
void look_expect(struct endpoint *source, const struct look *);

/** Return the kind of an end that has not been opened.  ZC_OTHER: it does not
 * exist, or opening it will fail. */
enum zc_kind look_kind_of_end(const struct endpoint *);

/** Check that an end that has not been opened is of one of these kinds: bits of
 * 1 << enum zc_kind.  ZC_OTHER is left to opening it.  Return STATUS_OK;
 * otherwise print "NAME: OPTION: a pipe", or what it is, and `why` behind it,
 * and return STATUS_USAGE. */
enum status look_check_kind(const struct endpoint *, unsigned kinds,
    const char *option, const char *why);

/** True if open(2) with O_CREAT fails for the file because of the sysctls
 * fs.protected_regular and fs.protected_fifos (Linux 4.19): it belongs to
 * another user, and `dir` is a sticky directory that everybody may write to,
 * or, at level 2, a group. */
bool look_is_protected(int dir, const struct stat *file);

#endif
