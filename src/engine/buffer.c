#include "config.h"

#include "buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int
buffer_reserve(struct buffer *buffer, size_t size)
{
	void *data;
	int error;

	if (size <= buffer->size || buffer_used(buffer) > 0)
		return 0;
	error = posix_memalign(&data, (size_t)sysconf(_SC_PAGESIZE), size);
	if (error != 0) {
		errno = error;
		return -1;
	}
	free(buffer->data);
	*buffer = (struct buffer){ .data = data, .size = size };
	return 0;
}

void
buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ .data = NULL };
}
