/*
 * Room for a new file is allocated before its data comes, where that pays
 * (../system/preallocate.h).
 *
 * Only for a file that is replaced whole: if zcopy is killed, the file vanishes
 * with all of its blocks.  Those of a file that is written in place would stay
 * allocated behind its end, where nobody sees them; so would those of a part
 * (--resume), which is there to keep what there was room for.
 */
#ifndef ALLOCATE_H
#define ALLOCATE_H

#include "../base/status.h"
#include "endpoint.h"
#include "look.h"

/** Set dest->room to what SOURCE will move, if that is known for certain and
 * DEST will have no holes.  `in` is what look_open() has seen of SOURCE. */
void allocate_plan(struct endpoint *dest, const struct endpoint *source,
    const struct look *in);

/** Allocate room for DEST, which is empty.  Return STATUS_OK; if the data does
 * not fit, print that and return the exit status. */
enum status allocate_begin(struct endpoint *dest);

/** Free the blocks behind the end of DEST, which is complete: SOURCE has ended
 * early.  Return 0, or -1 with errno. */
int allocate_end(const struct endpoint *dest);

#endif
