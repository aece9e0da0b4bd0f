/*
 * floor WAY SOURCE DEST
 *
 * Move all of SOURCE to DEST with the bare system calls, in the shortest loop,
 * without any other check: as fast as the kernel can.  Both are `-`, a file,
 * tcp:PORT of 127.0.0.1 or unix:PATH.  WAY:
 *
 *	read		read(2) and write(2)
 *	sendfile	sendfile(2)
 *	splice		splice(2); one of the two is a pipe
 *	through		splice(2) through a private pipe
 *	copy		copy_file_range(2)
 *	flush		copy_file_range(2), then fsync(2)
 *	extents		copy_file_range(2) for what is data; holes stay holes
 *	clone		ioctl_ficlone(2)
 *	drop		recv(2) that drops the data; DEST gets nothing
 */
#include "config.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024, PIPE = 1 << 20, MOST = 1 << 30 };

static char buffer[PIPE];

/* Ways.  Each moves some bytes from descriptor 0 to descriptor 1.  Return more
 * than 0, 0 at the end of SOURCE, or -1 with errno. */

static ssize_t
by_read(void)
{
	ssize_t n = read(0, buffer, BUFFER);

	return n > 0 ? write(1, buffer, (size_t)n) : n;
}

static ssize_t
by_sendfile(void)
{
	return sendfile(1, 0, NULL, MOST);
}

static ssize_t
by_splice(void)
{
	return splice(0, NULL, 1, NULL, MOST, SPLICE_F_MOVE);
}

static ssize_t
by_pipe(void)
{
	static int way[2] = { -1, -1 };
	ssize_t n, out;

	if (way[0] < 0 && (pipe(way) < 0 ||
	    fcntl(way[1], F_SETPIPE_SZ, PIPE) < 0))
		return -1;
	n = splice(0, NULL, way[1], NULL, PIPE, SPLICE_F_MOVE);
	for (ssize_t left = n; left > 0; left -= out) {
		out = splice(way[0], NULL, 1, NULL, (size_t)left,
		    SPLICE_F_MOVE);
		if (out < 0)
			return -1;
	}
	return n;
}

static ssize_t
by_copy(void)
{
	return copy_file_range(0, NULL, 1, NULL, MOST, 0);
}

static ssize_t
by_flushing(void)
{
	ssize_t n = by_copy();

	return n == 0 ? fsync(1) : n;
}

static ssize_t
by_extents(void)
{
	off_t at = lseek(0, 0, SEEK_CUR), data = lseek(0, at, SEEK_DATA), hole;

	if (data < 0 && errno == ENXIO)		/* the rest is a hole */
		return ftruncate(1, lseek(0, 0, SEEK_END));
	hole = lseek(0, data, SEEK_HOLE);
	if (data < 0 || hole < 0 || lseek(0, data, SEEK_SET) < 0 ||
	    lseek(1, data, SEEK_SET) < 0)
		return -1;
	return copy_file_range(0, NULL, 1, NULL, (size_t)(hole - data), 0);
}

static ssize_t
by_clone(void)
{
	return ioctl(1, FICLONE, 0);
}

static ssize_t
by_dropping(void)
{
	return recv(0, buffer, PIPE, MSG_TRUNC);
}

static const struct {
	const char *name;
	ssize_t (*move)(void);
} ways[] = {
	{ "read", by_read }, { "sendfile", by_sendfile },
	{ "splice", by_splice }, { "through", by_pipe },
	{ "copy", by_copy }, { "flush", by_flushing },
	{ "extents", by_extents }, { "clone", by_clone },
	{ "drop", by_dropping },
};

/* Ends */

static int
reach(int fd, const void *address, socklen_t size)
{
	return connect(fd, address, size) < 0 ? -1 : fd;
}

static int
reach_tcp(const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	/* bbr would limit the rate, which loopback does not need. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)atoi(port));
	return reach(fd, &address, sizeof(address));
}

static int
reach_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	return reach(socket(AF_UNIX, SOCK_STREAM, 0), &address,
	    sizeof(address));
}

static void
open_as(int wanted, const char *name, int flags)
{
	int fd;

	if (strcmp(name, "-") == 0)
		fd = wanted;
	else if (strncmp(name, "tcp:", 4) == 0)
		fd = reach_tcp(name + 4);
	else if (strncmp(name, "unix:", 5) == 0)
		fd = reach_unix(name + 5);
	else
		fd = open(name, flags, 0666);
	if (fd < 0 || dup2(fd, wanted) < 0)
		err(1, "%s", name);
	if (fd != wanted)
		close(fd);
}

int
main(int argc, char **argv)
{
	if (argc != 4)
		errx(2, "usage: floor WAY SOURCE DEST");
	open_as(0, argv[2], O_RDONLY);
	open_as(1, argv[3], O_WRONLY | O_CREAT | O_TRUNC);
	(void)fcntl(1, F_SETPIPE_SZ, PIPE);	/* if it is one */
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		ssize_t n;

		if (strcmp(ways[i].name, argv[1]) != 0)
			continue;
		while ((n = ways[i].move()) > 0)
			;
		if (n < 0)
			err(1, "%s", argv[1]);
		return 0;
	}
	errx(2, "%s: not known", argv[1]);
}
