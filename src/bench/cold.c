#include "config.h"

#include "cold.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../system/filesystem.h"

enum {
	TRIES = 20,			/* to drop all pages */
	PAUSE = 1000,			/* microseconds between two tries */
	PAGE = 4096,			/* no system has smaller ones */
};

bool
cold_can_be(int fd)
{
	enum filesystem filesystem = filesystem_of(fd);

	return filesystem != FILESYSTEM_UNKNOWN &&
	    filesystem != FILESYSTEM_MEMORY;
}

/** True if any page of these bytes is in the page cache; false if mincore(2)
 * cannot tell. */
static bool
has_pages(int fd, off_t offset, size_t size)
{
	/* mincore(2) fills in a byte for each page. */
	size_t pages = (size + PAGE - 1) / PAGE;
	unsigned char *resident = calloc(pages, 1);
	void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, offset);
	bool any = false;

	if (map != MAP_FAILED && resident != NULL &&
	    mincore(map, size, resident) == 0)
		any = memchr(resident, 1, pages) != NULL;
	if (map != MAP_FAILED)
		munmap(map, size);
	free(resident);
	return any;
}

/** True if any page of the file is known to be in the page cache.  Map 1 GiB at
 * a time.  The file's position stays as it is. */
static bool
is_cached(int fd)
{
	const off_t window = (off_t)1 << 30;
	off_t here = lseek(fd, 0, SEEK_CUR), size = lseek(fd, 0, SEEK_END);
	bool cached = false;

	(void)lseek(fd, here, SEEK_SET);
	for (off_t at = 0; at < size && !cached; at += window)
		cached = has_pages(fd, at, (size_t)MIN(window, size - at));
	return cached;
}

/** Send a datagram to ourselves, over loopback. */
static void
send_to_itself(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (bind(fd, (struct sockaddr *)&address, length) == 0 &&
	    getsockname(fd, (struct sockaddr *)&address, &length) == 0)
		(void)sendto(fd, "", 1, 0, (struct sockaddr *)&address,
		    length);
	close(fd);
}

/** Send a packet on each CPU.  A CPU may keep pages that went to a socket until
 * it handles another packet (Linux: skb_attempt_defer_free()). */
static void
flush_cpus(void)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return;
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) == 0)
			send_to_itself();
	}
	(void)sched_setaffinity(0, sizeof(all), &all);
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
		if (!is_cached(fd))
			break;
		flush_cpus();
		usleep(PAUSE);
	}
	return 0;
}
