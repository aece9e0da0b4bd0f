/*
 * The buffer of --buffer, between SOURCE and the destinations: how far one
 * thread, the filler, has filled it, and how far the main thread, which reads
 * behind, has emptied it.  buffer-store.h says where the bytes are, and what a
 * position is.
 */
#ifndef TRANSFER_BUFFER_H
#define TRANSFER_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/status.h"
#include "buffer-store.h"

struct buffer;

/** What the buffer is to hold. */
struct buffer_plan {
	struct buffer_store store;	/* buffer_open() owns it, also if it
					   fails */
	int64_t size;			/* bytes at a time, at most */
	int64_t start;			/* position of the first byte */
	int64_t expected;		/* bytes in all; -1: unknown */
	/* Powers of two.  Until the end, SOURCE gives multiples of block_in,
	 * and destinations take multiples of block_out. */
	int64_t block_in, block_out;
};

/** Make a buffer, at *buffer.  Return STATUS_OK; on failure, print the reason
 * and return the exit status. */
enum status buffer_open(struct buffer **buffer, const struct buffer_plan *);

/** Free a buffer that no thread uses any more; NULL is accepted. */
void buffer_close(struct buffer *);

/** Return the descriptor to read; -1: SOURCE's own, whose pages the filler only
 * brings into the page cache. */
int buffer_fd(const struct buffer *);

/* For the filler. */

/** Return the descriptor to write. */
int buffer_sink(const struct buffer *);

/** Wait until there is room.  Return for how many of these bytes; 0: the buffer
 * was stopped. */
int64_t buffer_room(struct buffer *, int64_t bytes);

/** Note that the filler has got as far as this position. */
void buffer_fill(struct buffer *, int64_t position);

/** Note that no more will come: the data ends there. */
void buffer_complete(struct buffer *);

/** True if buffer_stop() was called. */
bool buffer_is_stopped(struct buffer *);

/* For the main thread. */

/** Return how many bytes follow this position, which may be ahead of the filler
 * behind a hole that the main thread has skipped.  INT64_MAX: all of them are
 * there, and then the end.  0: none yet; the bell will ring. */
int64_t buffer_have(struct buffer *, int64_t position);

/** Return the descriptor to poll for POLLIN: the bell. */
int buffer_bell(const struct buffer *);

/** Stop the bell, after poll(2) and before buffer_have() is called again. */
void buffer_silence(struct buffer *);

/** Return why the data ends too early: an errno; or 0. */
int buffer_error(const struct buffer *);

/** Release what is before this position, because all destinations have it. */
void buffer_release(struct buffer *, int64_t position);

/** Let buffer_room() return 0 from now on. */
void buffer_stop(struct buffer *);

#endif
