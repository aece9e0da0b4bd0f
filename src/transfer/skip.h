/*
 * --offset: get SOURCE to where moving begins.
 */
#ifndef TRANSFER_SKIP_H
#define TRANSFER_SKIP_H

#include "../endpoint/endpoint.h"
#include "../endpoint/look.h"

#include "../base/status.h"

/**
 * Skip options->offset bytes, counted from the current position: by lseek(2)
 * where that means something, else by reading and dropping them.
 * STATUS_INCOMPLETE when SOURCE ends before (not with --allow-short), once
 * printed.
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
