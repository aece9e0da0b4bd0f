/*
 * Room for a new file is allocated before its data comes, where that pays
 * (../system/preallocate.h).
 *
 * Only for a file that is replaced whole: if zcopy is killed, the file vanishes
 * with all of its blocks.  Those of a file that is written in place would stay
 * allocated behind its end, where nobody sees them.
 */
#ifndef ALLOCATE_H
#define ALLOCATE_H

#include "../base/status.h"
#include "endpoint.h"

/** Set dest->expected to what SOURCE will move, if it is a file that says so
 * and has no holes, else to 0.  Call when SOURCE is at its first byte. */
void allocate_expect(struct endpoint *dest, const struct endpoint *source);

/** Allocate room for DEST, which is empty.  Return STATUS_OK; if the data does
 * not fit, print that and return the exit status. */
enum status allocate_begin(struct endpoint *dest);

/** Free the blocks behind the end of DEST, which is complete: SOURCE has ended
 * early.  Return 0, or -1 with errno. */
int allocate_end(const struct endpoint *dest);

#endif
