#include "config.h"

#include "writeback.h"

#include <fcntl.h>

#include "filesystem.h"

#define STRIDE	((int64_t)8 * 1024 * 1024)

bool
writeback_helps(int fd)
{
	return filesystem_of(fd) == FILESYSTEM_EXT4;
}

void
writeback_follow(int64_t *begun, int fd, int64_t written)
{
	if (written - *begun < STRIDE)
		return;
	(void)sync_file_range(fd, *begun, written - *begun,
	    SYNC_FILE_RANGE_WRITE);
	*begun = written;
}

void
writeback_rest(int64_t begun, int fd)
{
	if (begun > 0)
		(void)sync_file_range(fd, begun, 0, SYNC_FILE_RANGE_WRITE);
}
