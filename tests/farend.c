/*
 * farend read|read-64k|splice|give|tcp-take|tcp-give BYTES
 * farend unix-take PATH BYTES
 *
 * The far end of a race (scripts/race), as fast as possible:
 *
 *	read		receive from standard input, with read(2), by 1 MiB
 *	read-64k	the same by 64 KiB at a time, as most programs do
 *	splice		the same with splice(2), from a pipe, which is made
 *			larger
 *	give		send to standard output, a pipe, which is made larger
 *	tcp-take	receive from one connection, on a port of 127.0.0.1
 *	tcp-give	send to one, and wait until the peer has closed, too
 *	unix-take	receive from one connection on PATH
 *
 * Those that listen print where.  The status is 0 if it was exactly BYTES, with
 * an orderly end.  The data sent is always the same, and no two MiB are equal.
 */
#include "config.h"

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BLOCK = 1 << 20 };

static char block[BLOCK];

/* Taking */

static ssize_t
take_read(int fd)
{
	return read(fd, block, BLOCK);
}

static ssize_t
take_64k(int fd)
{
	return read(fd, block, (size_t)64 * 1024);
}

static ssize_t
take_splice(int fd)
{
	static int null = -1;

	if (null < 0)
		null = open("/dev/null", O_WRONLY);
	return splice(fd, NULL, null, NULL, BLOCK, 0);
}

/* With MSG_TRUNC the kernel drops the data: tcp(7). */
static ssize_t
take_truncated(int fd)
{
	return recv(fd, block, BLOCK, MSG_TRUNC);
}

static void
take(int fd, int64_t bytes, ssize_t (*some)(int fd))
{
	int64_t taken = 0;
	ssize_t n;

	while ((n = some(fd)) > 0)
		taken += n;
	if (n < 0)
		err(1, "after %" PRId64 " bytes", taken);
	if (taken != bytes)
		errx(1, "%" PRId64 " bytes came, not %" PRId64, taken, bytes);
}

/* Giving */

static void
give_block(int fd, size_t size)
{
	ssize_t n;

	for (size_t done = 0; done < size; done += (size_t)n) {
		n = write(fd, block + done, size - done);
		if (n < 0)
			err(1, "write");
	}
}

static void
give(int fd, int64_t bytes)
{
	uint32_t random = 1;

	for (size_t i = 0; i < BLOCK; i++) {
		random = random * 1664525 + 1013904223;
		block[i] = (char)(random >> 24);
	}
	for (; bytes > 0; bytes -= BLOCK) {
		memcpy(block, &bytes, sizeof(bytes));
		give_block(fd, bytes < BLOCK ? (size_t)bytes : BLOCK);
	}
}

/* Listening */

/** Return the connection, once there is one. */
static int
meet(int fd, const struct sockaddr *address, socklen_t size)
{
	struct sockaddr_in got;
	socklen_t got_size = sizeof(got);
	const struct sockaddr_un *path = (const void *)address;

	if (fd < 0 || bind(fd, address, size) < 0 || listen(fd, 1) < 0)
		err(1, "listen");
	if (address->sa_family == AF_UNIX)
		puts(path->sun_path);
	else if (getsockname(fd, (struct sockaddr *)&got, &got_size) == 0)
		printf("%d\n", ntohs(got.sin_port));
	fclose(stdout);
	fd = accept(fd, NULL, NULL);
	if (fd < 0)
		err(1, "accept");
	return fd;
}

static int
meet_tcp(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return meet(socket(AF_INET, SOCK_STREAM, 0),
	    (struct sockaddr *)&address, sizeof(address));
}

static int
meet_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		errx(1, "%s: too long", path);
	strcpy(address.sun_path, path);
	return meet(socket(AF_UNIX, SOCK_STREAM, 0),
	    (struct sockaddr *)&address, sizeof(address));
}

/* Modes */

static void
be_read(const char *path, int64_t bytes)
{
	(void)path;
	take(STDIN_FILENO, bytes, take_read);
}

static void
be_read_64k(const char *path, int64_t bytes)
{
	(void)path;
	take(STDIN_FILENO, bytes, take_64k);
}

static void
be_splice(const char *path, int64_t bytes)
{
	(void)path;
	if (fcntl(STDIN_FILENO, F_SETPIPE_SZ, BLOCK) < 0)
		err(1, "standard input");
	take(STDIN_FILENO, bytes, take_splice);
}

static void
be_give(const char *path, int64_t bytes)
{
	(void)path;
	(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, BLOCK);	/* or a file */
	give(STDOUT_FILENO, bytes);
}

static void
be_tcp_take(const char *path, int64_t bytes)
{
	(void)path;
	take(meet_tcp(), bytes, take_truncated);
}

static void
be_tcp_give(const char *path, int64_t bytes)
{
	int fd = meet_tcp();

	(void)path;
	give(fd, bytes);
	if (shutdown(fd, SHUT_WR) < 0)
		err(1, "shutdown");
	take(fd, 0, take_read);
}

static void
be_unix_take(const char *path, int64_t bytes)
{
	take(meet_unix(path), bytes, take_read);
}

static const struct {
	const char *name;
	int arguments;
	void (*be)(const char *path, int64_t bytes);
} modes[] = {
	{ "read", 1, be_read }, { "read-64k", 1, be_read_64k },
	{ "splice", 1, be_splice }, { "give", 1, be_give },
	{ "tcp-take", 1, be_tcp_take },
	{ "tcp-give", 1, be_tcp_give }, { "unix-take", 2, be_unix_take },
};

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	/* End when the race ends.  A broken pipe is an error. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].name, name) != 0 ||
		    modes[i].arguments != argc - 2)
			continue;
		modes[i].be(argv[2], strtoll(argv[argc - 1], NULL, 10));
		return 0;
	}
	errx(2, "usage: farend MODE [PATH] BYTES");
}
