#include "config.h"

#include "socket-queue.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

int
socket_queue(int fd)
{
	int queued;

	return ioctl(fd, SIOCOUTQ, &queued) < 0 ? -1 : queued;
}
