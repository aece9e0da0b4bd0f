/*
 * A header or trailer: the caller's array of struct iovec, and how far we are
 * in it.  The array itself is never changed.
 */
#ifndef ENGINE_PIECES_H
#define ENGINE_PIECES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct pieces {
	const struct iovec *piece;	/* the next one */
	int count;			/* of pieces left */
	size_t given;			/* bytes of the next one */
	int64_t left;			/* bytes, of all pieces */
};

/** Begin with this array.  Return 0, or -1 with EINVAL: a negative count, NULL
 * with a length, or more than 2^63-1 bytes. */
int pieces_set(struct pieces *, const struct iovec *, int count);

/** Fill `view`, for writev(2), with the next pieces, at most `bytes` bytes.
 * *count is how many entries it has room for, and then how many are set.
 * Return their bytes. */
int64_t pieces_view(const struct pieces *, struct iovec *view, int *count,
    int64_t bytes);

/** Note that so many bytes were written. */
void pieces_advance(struct pieces *, int64_t bytes);

#endif
