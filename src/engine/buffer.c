#include "config.h"

#include "buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
buffer_reserve(struct buffer *buffer, size_t size)
{
	size_t used = buffer_used(buffer);
	void *data;
	int error;

	if (size <= buffer->size)
		return 0;
	error = posix_memalign(&data, (size_t)sysconf(_SC_PAGESIZE), size);
	if (error != 0) {
		errno = error;
		return -1;
	}
	if (used > 0)
		memcpy(data, buffer->data + buffer->start, used);
	free(buffer->data);
	*buffer = (struct buffer){ .data = data, .size = size, .end = used };
	return 0;
}

void
buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ .data = NULL };
}
