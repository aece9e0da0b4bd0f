/*
 * --digest-file: the digest in a file, as a line that `sha256sum -c` or
 * `xxhsum -c` reads.
 */
#ifndef TRANSFER_DIGEST_FILE_H
#define TRANSFER_DIGEST_FILE_H

#include <stdio.h>

#include "../base/digest.h"
#include "../base/options.h"
#include "../base/status.h"
#include "../endpoint/endpoint.h"
#include "ends.h"

/** The file: a destination of its own, replaced whole or not at all. */
struct digest_file {
	struct endpoint file;
	struct options options;		/* for this destination alone */
	char *name;			/* "file:FILE", allocated; NULL: there
					   is no --digest-file */
};

#define DIGEST_FILE_NONE { .file = { .fd = -1 } }

/** Open the file, if the options name one, so that it is known before any data
 * moves whether it can be written.  Return STATUS_OK; on failure, print the
 * reason and return STATUS_OTHER. */
enum status digest_file_open(struct digest_file *, const struct options *);

/**
 * Write "HEX  NAME" for each destination that is complete.  NAME is the path of
 * DEST if that is a regular file without header and trailer; else that of
 * SOURCE if all of it was moved; else "-", which the programs take for their
 * standard input.  Return as digest_file_open().
 */
enum status digest_file_write(struct digest_file *, const struct digest_value *,
    struct ends *);

/** Write "HEX  NAME" and a newline.  What would end the line early is escaped
 * as the program that checks it reads it. */
void digest_file_line(FILE *, const struct digest_value *, const char *name);

/** Close the file.  What was not written is undone. */
void digest_file_close(struct digest_file *);

#endif
