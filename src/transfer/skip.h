/*
 * --offset: position SOURCE at the first byte to move.
 */
#ifndef TRANSFER_SKIP_H
#define TRANSFER_SKIP_H

#include "../endpoint/endpoint.h"
#include "../endpoint/look.h"

#include "../base/status.h"

/**
 * Skip options->offset bytes from the current position: by lseek(2) on files
 * and disks, else by reading and dropping them.  Return STATUS_OK, or another
 * status once printed; STATUS_INCOMPLETE if SOURCE is shorter (but STATUS_OK
 * with --allow-short).
 */
enum status skip_source(struct endpoint *source,
    const struct endpoint *dest);

/**
 * Move look->start to where skip_source() would go.  Return what it would, once
 * it has printed the same message, as far as SOURCE can be known by a look.
 */
enum status skip_look(struct endpoint *source, struct look *,
    const struct endpoint *dest);

#endif
