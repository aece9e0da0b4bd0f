/*
 * A congestion control that paces, such as bbr, only costs time where there is
 * no wire to share: within one host, it took three to five times as long as
 * cubic on Linux 6.18.
 */
#include "config.h"

#include "congestion.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/diag.h"
#include "address.h"
#include "socket.h"

const char *
congestion_word(int i)
{
	static char names[512], *rest;
	FILE *file;

	if (i > 0)
		return strtok_r(NULL, " \n", &rest);
	*names = '\0';
	file = fopen("/proc/sys/net/ipv4/tcp_available_congestion_control",
	    "re");
	if (file != NULL) {
		if (fgets(names, sizeof(names), file) == NULL)
			*names = '\0';
		fclose(file);
	}
	return strtok_r(names, " \n", &rest);
}

/** Return 0, or -1 with errno: ENOENT if the kernel does not have it. */
static int
congestion_set(int fd, const char *name)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name,
	    (socklen_t)strlen(name));
}

enum status
congestion_check(const struct endpoint *ep)
{
	const char *name = ep->options->congestion;
	int fd, result;

	if (name == NULL)
		return STATUS_OK;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	result = fd < 0 ? -1 : congestion_set(fd, name);
	if (result < 0)
		diag_error(ep->name, "--congestion: '%s': %s", name,
		    errno == ENOENT ? "this kernel does not have it" :
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	return result < 0 ? STATUS_CONNECTION : STATUS_OK;
}

struct name {
	char text[32];			/* TCP_CA_NAME_MAX is 16 */
};

/** Return the name of the socket's congestion control, "" if it has none. */
static struct name
name_of(int fd)
{
	struct name name = { "" };
	socklen_t length = sizeof(name.text) - 1;

	if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.text,
	    &length) < 0)
		*name.text = '\0';
	return name;
}

/** True if the socket's congestion control paces. */
static bool
paces(int fd)
{
	return strncmp(name_of(fd).text, "bbr", 3) == 0;
}

/** True if the system's own congestion control paces. */
static bool
system_paces(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool result = fd >= 0 && paces(fd);

	if (fd >= 0)
		close(fd);
	return result;
}

/** Set a congestion control that does not pace, if we may. */
static void
unpace(int fd)
{
	/* EPERM: it is not in tcp_allowed_congestion_control. */
	if (congestion_set(fd, "cubic") < 0)
		(void)congestion_set(fd, "reno");
}

/** True for 127.0.0.0/8 and ::1. */
static bool
is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	const sa_family_t family = address_family(address);

	if (family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return family == AF_INET6 &&
	    IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/** True if the two have the same address; ports do not matter. */
static bool
same_host(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	const sa_family_t family = address_family(a);

	if (family != address_family(b))
		return false;
	if (family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return family == AF_INET6 &&
	    IN6_ARE_ADDR_EQUAL(&a6->sin6_addr, &b6->sin6_addr);
}

/** True if both addresses of the socket are on this host. */
static bool
stays_here(int fd)
{
	struct sockaddr_storage here, there;

	if (socket_ends(fd, &here, &there) < 0)
		return false;
	return is_loopback((struct sockaddr *)&there) ||
	    same_host((struct sockaddr *)&here, (struct sockaddr *)&there);
}

/** True if a connection to `there` would stay on this host.  Connecting a
 * datagram socket asks the routing table, and sends nothing. */
static bool
would_stay_here(const struct sockaddr *there, socklen_t length)
{
	int fd = socket(address_family(there), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool stays = fd >= 0 && connect(fd, there, length) == 0 &&
	    stays_here(fd);

	if (fd >= 0)
		close(fd);
	return stays;
}

/** True if the socket paces and we may change that.  Only the congestion
 * control of the sender matters. */
static bool
is_free(const struct endpoint *ep, int fd)
{
	return ep->options->congestion == NULL && ep->role == ROLE_DEST &&
	    paces(fd);
}

int
congestion_connect(const struct endpoint *ep, int fd,
    const struct sockaddr *there, socklen_t length)
{
	if (ep->options->congestion != NULL)
		return congestion_set(fd, ep->options->congestion);
	if (is_free(ep, fd) && would_stay_here(there, length))
		unpace(fd);
	return 0;
}

int
congestion_listen(const struct endpoint *ep, int fd,
    const struct sockaddr *there)
{
	if (ep->options->congestion != NULL)
		return congestion_set(fd, ep->options->congestion);
	if (is_free(ep, fd) && is_loopback(there))
		unpace(fd);
	return 0;
}

void
congestion_accept(const struct endpoint *ep, int fd)
{
	/* An inherited listener was not set up by congestion_listen(). */
	if (ep->options->congestion != NULL && ep->listener >= 0)
		(void)congestion_set(fd, ep->options->congestion);
	if (is_free(ep, fd) && stays_here(fd))
		unpace(fd);
}

void
congestion_note(const struct endpoint *ep, int fd)
{
	const struct name name = name_of(fd);
	struct sockaddr_storage here, there;
	char address[ADDRESS_SIZE];

	/* If the system's default paces and this socket does not, unpace()
	 * has changed it. */
	if (!ep->options->verbose || ep->options->congestion != NULL ||
	    ep->role != ROLE_DEST || *name.text == '\0' || paces(fd) ||
	    !system_paces() || socket_ends(fd, &here, &there) < 0)
		return;
	address_format(address, (struct sockaddr *)&there, sizeof(there));
	diag_verbose("%s: congestion control %s: %s is on this host", ep->name,
	    name.text, address);
}
