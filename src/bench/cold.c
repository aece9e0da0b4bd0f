#include "config.h"

#include "cold.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../system/filesystem.h"
#include "../system/page-cache.h"
#include "../system/socket-pages.h"

enum {
	TRIES = 20,			/* to drop all pages */
	PAUSE = 1000,			/* microseconds between two tries */
};

bool
cold_can_be(int fd)
{
	enum filesystem filesystem = filesystem_of(fd);

	return filesystem != FILESYSTEM_UNKNOWN &&
	    filesystem != FILESYSTEM_MEMORY;
}

int
cold_make(int fd)
{
	/* POSIX_FADV_DONTNEED leaves dirty pages in memory. */
	if (fdatasync(fd) < 0)
		return -1;
	/* It also leaves pages that are in use, such as those on their way
	 * to a socket, so try again. */
	for (int i = 0; i < TRIES; i++) {
		errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		if (errno != 0)
			return -1;
		if (page_cache_count(fd, 0, INT64_MAX) <= 0)
			break;
		socket_pages_release();
		usleep(PAUSE);
	}
	return 0;
}
