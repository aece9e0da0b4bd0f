/*
 * Where a file stands, or is to stand: its real directory, and its name there.
 */
#ifndef PLACE_H
#define PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

struct place {
	int dir;			/* O_PATH */
	int file;			/* O_PATH; -1: nothing stands there */
	bool distrusted;		/* why place_find() failed: a link of
					   another user, in a place like /tmp */
	char base[NAME_MAX + 1];
};

/* What place_close() may close before place_find() was called. */
#define PLACE_NOWHERE	(struct place){ .dir = -1, .file = -1 }

/**
 * Follow the symbolic links of `path` to a file, which need not exist.
 *
 * Return 0, or -1 with errno and nothing to close: EISDIR if it ends in "/",
 * "." or "..", ELOOP, EACCES with `distrusted`.
 */
int place_find(struct place *, const char *path);

/**
 * Find `path` once more.  Return 0 if it leads to the same name in the same
 * directory as `before`, whatever stands there `now`.
 *
 * Else return -1 with errno and nothing to close: that of place_find(), or
 * ESTALE if the path leads elsewhere.
 */
int place_find_again(struct place *now, const struct place *before,
    const char *path);

/** True if the file that place_find() saw there is this one. */
bool place_has(const struct place *, const struct stat *);

/** Close both descriptors. */
void place_close(struct place *);

/** Close the descriptor of the file only. */
void place_forget(struct place *);

#endif
