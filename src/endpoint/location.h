/*
 * The directory entry that a path leads to: the directory, opened, and the name
 * in it.  Symbolic links are followed, and the file need not exist.
 */
#ifndef LOCATION_H
#define LOCATION_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

struct location {
	int dir;			/* O_PATH */
	int file;			/* O_PATH; -1: there is no such file */
	bool distrusted;		/* why location_find() failed: a link of
					   another user, in a directory like
					   /tmp */
	char base[NAME_MAX + 1];
};

/* A location that has nothing to close, before location_find() is called. */
#define LOCATION_NONE	(struct location){ .dir = -1, .file = -1 }

/**
 * Follow the symbolic links of `path` to a file, which need not exist.
 *
 * Return 0, or -1 with errno and nothing to close: EISDIR if it ends in "/",
 * "." or "..", ELOOP, EACCES with `distrusted`.
 */
int location_find(struct location *, const char *path);

/**
 * Find `path` again.  Return 0 if it leads to the same name in the same
 * directory as `before`, whether or not to the same file.
 *
 * Else return -1 with errno and nothing to close: that of location_find(), or
 * ESTALE if the path leads elsewhere.
 */
int location_find_again(struct location *now, const struct location *before,
    const char *path);

/** True if the file that location_find() saw there is this one. */
bool location_has(const struct location *, const struct stat *);

/** Close both descriptors. */
void location_close(struct location *);

/** Close the descriptor of the file only. */
void location_forget(struct location *);

#endif
