/*
 * Where the bytes of --buffer are:
 *
 * In SOURCE's own pages in the page cache, if SOURCE is a file or a disk.  The
 * filler reads them in and throws away what it reads; the job reads SOURCE.
 *
 * In a queue of pipes, which splice(2) fills and empties without a copy.
 *
 * Else in a sparse file in memory (memfd_create(2)) whose offsets are those in
 * SOURCE.  There nothing is overwritten: what all destinations have got is
 * punched out, so that splice(2) and sendfile(2) can lend its pages to pipes
 * and sockets without a copy.
 *
 * A position is an offset in the file, or counts the bytes of the queue.
 */
#ifndef TRANSFER_BUFFER_STORE_H
#define TRANSFER_BUFFER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/status.h"
#include "pipe-queue.h"

enum buffer_form {
	BUFFER_PAGES,			/* of SOURCE */
	BUFFER_PIPES,
	BUFFER_FILE,
};

struct buffer_store {
	enum buffer_form form;
	struct pipe_queue *queue;	/* BUFFER_PIPES; else NULL */
	int fd;				/* BUFFER_PAGES: of /dev/null;
					   BUFFER_FILE: of the file; else -1 */
};

/** A file in memory, which buffer_store_begin() makes. */
#define BUFFER_STORE_INIT { BUFFER_FILE, NULL, -1 }

/** Use another form instead of a file.  Return false if that is not possible
 * here. */
bool buffer_store_in_pages(struct buffer_store *);
bool buffer_store_in_pipes(struct buffer_store *, int64_t size);

/** Make the store usable for `expected` bytes (-1: unknown) from the position
 * `start` on.  Return STATUS_OK; on failure, print the reason and return the
 * exit status. */
enum status buffer_store_begin(struct buffer_store *, int64_t start,
    int64_t expected);

/** Print that a call for the buffer has failed: errno.  Return the exit
 * status. */
enum status buffer_store_refuse(const char *doing);

/** Return the descriptor to write: that of a pipe, the file, or /dev/null. */
int buffer_store_sink(const struct buffer_store *);

/** Return the descriptor to read: that of another pipe, or the same file, whose
 * own position is the filler's.  -1: SOURCE's own. */
int buffer_store_source(const struct buffer_store *);

/** Return the least number of bytes, a power of two, of which
 * buffer_store_release() takes multiples. */
int64_t buffer_store_unit(const struct buffer_store *);

/** Let those who read the store find its end at this position. */
void buffer_store_complete(struct buffer_store *, int64_t position);

/** Return why the store has come to its end too early: an errno; or 0. */
int buffer_store_error(const struct buffer_store *);

/** Release the memory of these positions. */
void buffer_store_release(struct buffer_store *, int64_t from, int64_t to);

/** Let no call for the store wait any more. */
void buffer_store_stop(struct buffer_store *);

void buffer_store_close(struct buffer_store *);

#endif
