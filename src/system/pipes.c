#include "config.h"

#include "pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/param.h>
#include <unistd.h>

#ifdef HAVE_SPLICE

int
pipes_open(int fd[2], size_t size)
{
	int error;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	if (fcntl(fd[1], F_SETPIPE_SZ, (int)size) >= 0)
		return 0;
	error = errno;
	close(fd[0]);
	close(fd[1]);
	errno = error;
	return -1;
}

ssize_t
pipes_pass(int from, int to, size_t size)
{
	return splice(from, NULL, to, NULL, size,
	    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

ssize_t
pipes_read(int fd, void *data, size_t size)
{
	int own[2], error;
	ssize_t n;

	if (size >= (size_t)sysconf(_SC_PAGESIZE) || pipe2(own, O_CLOEXEC) < 0)
		return read(fd, data, size);
	n = splice(fd, NULL, own[1], NULL, size, 0);
	error = errno;
	close(own[1]);
	errno = error;
	if (n > 0)
		n = pipes_read_all(own[0], data, (size_t)n);
	else if (n < 0 && errno != EINTR && errno != EAGAIN)
		n = read(fd, data, size);	/* splice(2) is refused */
	error = errno;
	close(own[0]);
	errno = error;
	return n;
}

#else

int
pipes_open(int fd[2], size_t size)
{
	(void)fd;
	(void)size;
	errno = ENOSYS;
	return -1;
}

ssize_t
pipes_pass(int from, int to, size_t size)
{
	(void)from;
	(void)to;
	(void)size;
	errno = ENOSYS;
	return -1;
}

ssize_t
pipes_read(int fd, void *data, size_t size)
{
	return read(fd, data, size);
}

#endif

ssize_t
pipes_read_all(int fd, void *data, size_t size)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = read(fd, (char *)data + done, size - done);
		done += (size_t)MAX(n, 0);
	} while (done < size && (n > 0 || (n < 0 && errno == EINTR)));
	if (n == 0)
		errno = EIO;
	return n <= 0 ? -1 : (ssize_t)size;
}
