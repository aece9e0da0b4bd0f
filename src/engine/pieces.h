/*
 * A caller's array of struct iovec, and how far into it we are.  The array
 * stays as it is: a call that was cut short goes on from here.
 */
#ifndef ENGINE_PIECES_H
#define ENGINE_PIECES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct pieces {
	const struct iovec *piece;	/* the one that is next */
	int count;			/* from that one on */
	size_t given;			/* of that one */
	int64_t left;			/* bytes, in all that are left */
};

/** 0, or -1 with EINVAL: a negative count, NULL with a length, or more than
 * 2^63-1 bytes. */
int pieces_set(struct pieces *, const struct iovec *, int count);

/** What is next, for writev(2), at most `bytes` bytes: view has room for *count
 * entries, and *count of them are filled in.  Returns their bytes. */
int64_t pieces_view(const struct pieces *, struct iovec *view, int *count,
    int64_t bytes);

void pieces_advance(struct pieces *, int64_t bytes);

#endif
