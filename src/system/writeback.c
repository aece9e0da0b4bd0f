#include "config.h"

#include "writeback.h"

#ifdef __linux__

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filesystem.h"

#define STRIDE	((int64_t)8 * 1024 * 1024)

bool
writeback_at_rename(int fd)
{
	const enum filesystem filesystem = filesystem_of(fd);

	return filesystem == FILESYSTEM_EXT4 || filesystem == FILESYSTEM_BTRFS;
}

bool
writeback_helps(int fd)
{
	return filesystem_of(fd) != FILESYSTEM_MEMORY;
}

void
writeback_start(struct writeback *writeback, int fd)
{
	int64_t start = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	/* With O_APPEND the position means nothing before the first write. */
	if ((fcntl(fd, F_GETFL) & O_APPEND) && fstat(fd, &st) == 0 &&
	    S_ISREG(st.st_mode))
		start = st.st_size;
	*writeback = (struct writeback){ .on = start >= 0, .start = start,
		.begun = start };
}

void
writeback_follow(struct writeback *writeback, int fd, int64_t written)
{
	const int64_t length = written - writeback->begun;

	if (length < STRIDE)
		return;
	(void)sync_file_range(fd, writeback->begun, length,
	    SYNC_FILE_RANGE_WRITE);
	writeback->begun = written;
}

void
writeback_rest(const struct writeback *writeback, int fd)
{
	(void)sync_file_range(fd, writeback->begun, 0, SYNC_FILE_RANGE_WRITE);
}

#else

/* There is no sync_file_range(2). */

bool
writeback_at_rename(int fd)
{
	(void)fd;
	return false;
}

bool
writeback_helps(int fd)
{
	(void)fd;
	return false;
}

void
writeback_start(struct writeback *writeback, int fd)
{
	(void)fd;
	*writeback = (struct writeback){ .on = false };
}

void
writeback_follow(struct writeback *writeback, int fd, int64_t written)
{
	(void)writeback;
	(void)fd;
	(void)written;
}

void
writeback_rest(const struct writeback *writeback, int fd)
{
	(void)writeback;
	(void)fd;
}

#endif
