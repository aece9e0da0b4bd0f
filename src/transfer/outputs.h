/*
 * What is written beside DEST: --progress-fd, --digest-file, --json-file.  None
 * of them may overwrite what the run reads or keeps.
 */
#ifndef TRANSFER_OUTPUTS_H
#define TRANSFER_OUTPUTS_H

#include "../base/status.h"
#include "ends.h"

/** Check all of them before anything is opened.  Return STATUS_OK; otherwise
 * print the reason and return STATUS_USAGE. */
enum status outputs_check(struct ends *);

/* Check one of them again just before it is written.  Before the run, a DEST,
 * part or digest that did not exist yet could not be recognized by another
 * name.  Return as outputs_check(). */
enum status outputs_check_digest_file(struct ends *);
enum status outputs_check_json_file(struct ends *);

#endif
