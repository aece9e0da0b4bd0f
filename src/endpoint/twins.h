/*
 * Find two destinations that are one: by the same path, over a link, or as the
 * same descriptor.
 */
#ifndef TWINS_H
#define TWINS_H

#include "../base/status.h"
#include "endpoint.h"

/**
 * Check two destinations that were parsed and are not open yet.  New files are
 * compared by directory and name.  Terminals and other character devices may be
 * written twice.  Connections are not compared, because nothing says whether
 * two of them lead to one program.  Return STATUS_OK; if they are one, name
 * both and return STATUS_USAGE (the same descriptor) or STATUS_DEST.
 */
enum status twins_check(const struct endpoint *, const struct endpoint *);

#endif
