/*
 * TCP_CORK: while a TCP socket is corked, the kernel sends full segments only
 * (for 200 ms at most), so header, data and trailer share segments.
 */
#ifndef ENGINE_CORK_H
#define ENGINE_CORK_H

#include <stdbool.h>

#include "end.h"

/** True for a TCP socket that the caller has not corked already. */
bool cork_fits(const struct end *);

void cork_insert(const struct end *);

/** Uncork, and send what MSG_MORE held back, too. */
void cork_pull(const struct end *);

#endif
