/*
 * What sort of thing is behind a descriptor.
 */
#ifndef ENGINE_KIND_H
#define ENGINE_KIND_H

#include <sys/stat.h>

#include "../zcopy.h"

enum zc_kind kind_of(int fd, const struct stat *);

/** Character devices answer lseek(2), too, and mean nothing by it. */
static inline bool
kind_has_position(enum zc_kind kind)
{
	return kind == ZC_REGULAR || kind == ZC_SYNTHETIC || kind == ZC_BLOCK;
}

#endif
