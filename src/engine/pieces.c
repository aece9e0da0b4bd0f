#include "config.h"

#include "pieces.h"

#include <errno.h>

static int
refuse(void)
{
	errno = EINVAL;
	return -1;
}

int
pieces_set(struct pieces *pieces, const struct iovec *piece, int count)
{
	int64_t left = 0;

	if (count < 0 || (count > 0 && piece == NULL))
		return refuse();
	for (int i = 0; i < count; i++) {
		if (piece[i].iov_base == NULL && piece[i].iov_len > 0)
			return refuse();
		if ((uint64_t)piece[i].iov_len > (uint64_t)(INT64_MAX - left))
			return refuse();
		left += (int64_t)piece[i].iov_len;
	}
	*pieces = (struct pieces){
		.piece = piece,
		.count = count,
		.left = left,
	};
	return 0;
}

int64_t
pieces_view(const struct pieces *pieces, struct iovec *view, int *count,
    int64_t bytes)
{
	size_t given = pieces->given;
	int64_t sum = 0;
	int n = 0;

	for (int i = 0; i < pieces->count && n < *count && sum < bytes; i++) {
		size_t size = pieces->piece[i].iov_len - given;

		if ((uint64_t)size > (uint64_t)(bytes - sum))
			size = (size_t)(bytes - sum);
		if (size > 0)
			view[n++] = (struct iovec){
				.iov_base = (char *)pieces->piece[i].iov_base +
				    given,
				.iov_len = size,
			};
		sum += (int64_t)size;
		given = 0;
	}
	*count = n;
	return sum;
}

void
pieces_advance(struct pieces *pieces, int64_t bytes)
{
	pieces->left -= bytes;
	while (bytes > 0) {
		size_t size = pieces->piece->iov_len - pieces->given;

		if ((uint64_t)bytes < (uint64_t)size) {
			pieces->given += (size_t)bytes;
			return;
		}
		bytes -= (int64_t)size;
		pieces->given = 0;
		pieces->piece++;
		pieces->count--;
	}
}
