/*
 * What a descriptor refers to.
 */
#ifndef ENGINE_KIND_H
#define ENGINE_KIND_H

#include <sys/stat.h>

#include "../zcopy.h"

/** Return the kind of fd, of which fstat(2) said this. */
enum zc_kind kind_of(int fd, const struct stat *);

/** True if this kind has a position.  For character devices lseek(2) succeeds,
 * too, but does not move anything. */
static inline bool
kind_has_position(enum zc_kind kind)
{
	return kind == ZC_REGULAR || kind == ZC_SYNTHETIC || kind == ZC_BLOCK;
}

#endif
