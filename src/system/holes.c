#include "config.h"

#include "holes.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/falloc.h>
#endif
#ifdef HAVE_LINUX_SENDFILE
#include <sys/sendfile.h>
#endif

#include "memory-file.h"

int64_t
holes_find_data(int fd, int64_t at)
{
	return lseek(fd, at, SEEK_DATA);
}

int64_t
holes_find_hole(int fd, int64_t at)
{
	return lseek(fd, at, SEEK_HOLE);
}

#ifdef __linux__

int
holes_punch(int fd, int64_t at, int64_t size)
{
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at,
	    size);
}

int
holes_zero(int fd, int64_t at, int64_t size)
{
	return fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, at,
	    size);
}

#else

int
holes_zero(int fd, int64_t at, int64_t size)
{
	(void)fd;
	(void)at;
	(void)size;
	errno = EOPNOTSUPP;
	return -1;
}

#endif

#ifdef HAVE_LINUX_SENDFILE
int
holes_open(size_t size)
{
	int fd = memory_file_open("zeros"), error;

	if (fd < 0 || ftruncate(fd, (off_t)size) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

ssize_t
holes_send(int to, int fd, size_t size)
{
	off_t from = 0;

	return sendfile(to, fd, &from, size);
}
#else
int
holes_open(size_t size)
{
	(void)size;
	errno = ENOSYS;
	return -1;
}

ssize_t
holes_send(int to, int fd, size_t size)
{
	(void)to;
	(void)fd;
	(void)size;
	errno = ENOSYS;
	return -1;
}
#endif
