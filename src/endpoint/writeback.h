/*
 * The writeback of a file begins while it is still being written.
 *
 * rename(2) over an old file on ext4 (auto_da_alloc, ext4(5)) starts the
 * writeback of all of the new file, and so blocks on the queue of a disk that
 * has had nothing to do until then: 0.6 s for 512 MiB, in which the temporary
 * name stands.
 */
#ifndef WRITEBACK_H
#define WRITEBACK_H

#include <stdbool.h>
#include <stdint.h>

struct writeback {
	bool on;
	int64_t begun;			/* of the file's first bytes */
};

/** Turn it on if the file system is ext4. */
void writeback_start(struct writeback *, int fd);

/** Begin it for what was written since, once that is 8 MiB.  Does not wait for
 * it to end; an error is told by fsync(2) and close(2). */
void writeback_follow(struct writeback *, int fd, int64_t written);

/** Begin it for the rest, if it was begun at all: a small file is written back
 * in no time. */
void writeback_rest(const struct writeback *, int fd);

#endif
