/*
 * Where a file stands, or is to stand: its real directory, and its name there.
 */
#ifndef PLACE_H
#define PLACE_H

#include <limits.h>

struct place {
	int dir;			/* O_PATH */
	char base[NAME_MAX + 1];
};

/**
 * Follow the symbolic links of `path`, to a last one that may not exist.
 *
 * 0, or -1 with errno and nothing to close: EISDIR where it ends in "/", "."
 * or "..", ELOOP, EACCES for a link that is not to be trusted.
 */
int place_find(struct place *, const char *path);

/** Close it.  Zeros with dir == -1 may be closed. */
void place_close(struct place *);

#endif
