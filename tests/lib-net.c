/*
 * Connections over loopback.
 */
#include "config.h"

#include <stddef.h>

#include "lib-net.h"

int
listen_on(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = keep(socket(AF_INET, SOCK_STREAM, 0));

	*address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (bind(fd, (struct sockaddr *)address, length) < 0 ||
	    listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, &length) < 0)
		give_up("listen");
	return fd;
}

void
tcp_pair(int *near, int *far, int buffer)
{
	struct sockaddr_in address;
	int listener = listen_on(&address);

	*near = keep(socket(AF_INET, SOCK_STREAM, 0));
	if (buffer > 0) {
		setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &buffer,
		    sizeof(buffer));
		setsockopt(*near, SOL_SOCKET, SO_SNDBUF, &buffer,
		    sizeof(buffer));
	}
	if (connect(*near, (struct sockaddr *)&address, sizeof(address)) < 0)
		give_up("connect");
	*far = keep(accept(listener, NULL, NULL));
	shut(listener);
}

int
tcp_option(int fd, int option)
{
	int value = -1;
	socklen_t length = sizeof(value);

	if (getsockopt(fd, IPPROTO_TCP, option, &value, &length) < 0)
		give_up("getsockopt");
	return value;
}

void
set_tcp_option(int fd, int option, int value)
{
	if (setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)) < 0)
		give_up("setsockopt");
}

bool
has_tcp_info(void)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);
	int fd = keep(socket(AF_INET, SOCK_STREAM, 0));
	bool has = getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
	    length > offsetof(struct tcp_info, tcpi_data_segs_out);

	shut(fd);
	return has;
}

static struct tcp_info
tcp_info_of(int fd)
{
	struct tcp_info info = { .tcpi_data_segs_out = 0 };
	socklen_t length = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
		give_up("TCP_INFO");
	return info;
}

unsigned
segments(int fd)
{
	return tcp_info_of(fd).tcpi_data_segs_out;
}

unsigned
held_back(int fd)
{
	return tcp_info_of(fd).tcpi_notsent_bytes;
}
