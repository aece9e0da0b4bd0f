/*
 * A queue of pipes: one long pipe.  A thread moves what is written to its
 * entrance through other pipes to its exit, by splice(2), which copies nothing.
 * A single pipe of more than 1 MiB takes CAP_SYS_RESOURCE (pipe(7)).
 *
 * What one write(2) or splice(2) has put into a pipe takes at least a page of
 * it, so small pieces fill a pipe before it holds its size in bytes.  They are
 * copied together, so that each full pipe but the last holds half of its size.
 */
#ifndef TRANSFER_PIPE_QUEUE_H
#define TRANSFER_PIPE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct pipe_queue;

/** Make a queue with room for so many bytes, without its thread.  Return NULL
 * if that takes more pipes or descriptors than we may have, or pages cannot be
 * moved between pipes here. */
struct pipe_queue *pipe_queue_open(int64_t size);

/** Return the descriptor to write to or to read from.  They block like those of
 * any pipe; the queue closes them. */
int pipe_queue_entrance(const struct pipe_queue *);
int pipe_queue_exit(const struct pipe_queue *);

/** Start the thread.  Return 0, or an errno. */
int pipe_queue_start(struct pipe_queue *);

/** No more will be written: once all is read, the exit is at its end.  It is at
 * its end too early, and the entrance gives EPIPE, if the thread fails. */
void pipe_queue_complete(struct pipe_queue *);

/** Return why the thread has failed: an errno; or 0. */
int pipe_queue_error(const struct pipe_queue *);

/** Let nothing move any more: whoever waits for room at the entrance gets
 * EPIPE. */
void pipe_queue_stop(struct pipe_queue *);

/** End the thread, and free the queue with all that is in it; NULL is
 * accepted. */
void pipe_queue_close(struct pipe_queue *);

#endif
