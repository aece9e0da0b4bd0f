/*
 * What sort of thing is behind a descriptor.
 */
#ifndef ENGINE_KIND_H
#define ENGINE_KIND_H

#include <sys/stat.h>

#include "../zcopy.h"

enum zc_kind kind_of(int fd, const struct stat *);

#endif
