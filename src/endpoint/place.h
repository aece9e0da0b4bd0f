/*
 * Where a file stands, or is to stand: its real directory, and its name there.
 */
#ifndef PLACE_H
#define PLACE_H

#include <limits.h>
#include <stdbool.h>

struct place {
	int dir;			/* O_PATH */
	int file;			/* O_PATH; -1: nothing stands there */
	bool distrusted;		/* place_find() failed at a link that is
					   not to be trusted */
	char base[NAME_MAX + 1];
};

/* A place that may be closed, for place_find() has not been called. */
#define PLACE_NOWHERE	(struct place){ .dir = -1, .file = -1 }

/**
 * Follow the symbolic links of `path`, to a last one that may not exist.
 *
 * 0, or -1 with errno and nothing to close: EISDIR where it ends in "/", "."
 * or "..", ELOOP, EACCES for a link that is not to be trusted.
 */
int place_find(struct place *, const char *path);

/**
 * Find `path` once more.  0 if it leads to the same name in the same directory
 * as `before`, whatever stands there `now`.
 *
 * -1 with errno, and nothing to close: as place_find(), ESTALE where it leads
 * elsewhere.
 */
int place_find_again(struct place *now, const struct place *before,
    const char *path);

/** Close both descriptors. */
void place_close(struct place *);

/** Close the descriptor of the file. */
void place_forget(struct place *);

#endif
