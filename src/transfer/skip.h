/*
 * --offset: position SOURCE at the first byte to move.
 */
#ifndef TRANSFER_SKIP_H
#define TRANSFER_SKIP_H

#include "../base/status.h"
#include "../endpoint/look.h"
#include "ends.h"

/**
 * Skip options->offset bytes from the current position: by lseek(2) on files
 * and disks, else by reading and dropping them.  Return STATUS_OK; on failure,
 * print the reason and return the exit status: STATUS_INCOMPLETE if SOURCE is
 * shorter (but with --allow-short that is no failure).
 */
enum status skip_source(struct ends *);

/**
 * Move look->start to where skip_source() would go.  Print the same message and
 * return the same status, as far as they can be known without reading SOURCE.
 */
enum status skip_look(struct ends *, struct look *);

#endif
