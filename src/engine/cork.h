/*
 * Full segments: while a TCP socket is corked the kernel sends no partial one
 * (for 200 ms at most), so that header, data and trailer share theirs.
 */
#ifndef ENGINE_CORK_H
#define ENGINE_CORK_H

#include <stdbool.h>

#include "end.h"

/** Is it a TCP socket that has no cork of the caller's own? */
bool cork_fits(const struct end *);

void cork_insert(const struct end *);

/** Also sends what MSG_MORE held back. */
void cork_pull(const struct end *);

#endif
