#include "config.h"

#include "tcp.h"

#ifdef __linux__

#include <errno.h>
#include <limits.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

/** Read TCP_INFO.  Return how much of it this kernel has, or 0 with errno;
 * what it does not have is 0. */
static size_t
read_info(int fd, struct tcp_info *info)
{
	socklen_t length = sizeof(*info);

	*info = (struct tcp_info){ .tcpi_state = 0 };
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length) < 0 ? 0 :
	    length;
}

int64_t
tcp_acknowledged(int fd)
{
	struct tcp_info info;

	if (read_info(fd, &info) < offsetof(struct tcp_info,
	    tcpi_bytes_received))
		return -1;
	return (int64_t)info.tcpi_bytes_acked;
}

int64_t
tcp_unacknowledged(int fd)
{
	struct tcp_info info;
	size_t size = read_info(fd, &info);

	if (size > offsetof(struct tcp_info, tcpi_notsent_bytes))
		return (int64_t)info.tcpi_unacked + info.tcpi_notsent_bytes;
	if (size > 0)
		errno = ENOTSUP;
	return -1;
}

/** A connection that was refused has seen one segment, a reset; any other has
 * seen more. */
bool
tcp_was_connected(int fd)
{
	struct tcp_info info;

	return read_info(fd, &info) > 0 && info.tcpi_segs_in > 1;
}

void
tcp_pace(int fd, int64_t rate)
{
	unsigned long most = 0;
	unsigned int small = (unsigned int)rate;
	socklen_t length = sizeof(most);

	/* UINT_MAX means no limit, which is the default.  Older kernels take
	 * only this size, and would drop the upper half of a long. */
	if (rate < UINT_MAX) {
		(void)setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &small,
		    sizeof(small));
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &most,
	    &length) < 0 || length <= sizeof(small))
		return;
	most = (unsigned long)rate;
	(void)setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &most,
	    sizeof(most));
}

#else

#include "socket-queue.h"

int64_t
tcp_acknowledged(int fd)
{
	(void)fd;
	return -1;
}

/** BSD and macOS keep what is not acknowledged in the socket's buffer. */
int64_t
tcp_unacknowledged(int fd)
{
	return socket_queue(fd);
}

bool
tcp_was_connected(int fd)
{
	(void)fd;
	return false;
}

void
tcp_pace(int fd, int64_t rate)
{
	(void)fd;
	(void)rate;
}

#endif
