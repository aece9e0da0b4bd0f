#include "config.h"

#include "writeback.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>

#define STRIDE	((int64_t)8 * 1024 * 1024)

void
writeback_start(struct writeback *writeback, int fd)
{
	struct statfs fs;

	writeback->on = fstatfs(fd, &fs) == 0 &&
	    (unsigned long)fs.f_type == EXT4_SUPER_MAGIC;
	writeback->begun = 0;
}

void
writeback_follow(struct writeback *writeback, int fd, int64_t written)
{
	int64_t size = written - writeback->begun;

	if (!writeback->on || size < STRIDE)
		return;
	(void)sync_file_range(fd, writeback->begun, size,
	    SYNC_FILE_RANGE_WRITE);
	writeback->begun = written;
}

void
writeback_rest(const struct writeback *writeback, int fd)
{
	if (writeback->begun > 0)
		(void)sync_file_range(fd, writeback->begun, 0,
		    SYNC_FILE_RANGE_WRITE);
}
