#include "config.h"

#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "../base/diag.h"
#include "../system/vsock.h"

#define DIGITS "0123456789"
#define HOST_CHARACTERS DIGITS "abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" ".-_"

/* Without the interface connect(2) and bind(2) fail with EINVAL. */
#define LINK_LOCAL	"a link-local address needs its interface, " \
	"[fe80::1%eth0]:PORT"

enum { PORT_MAX = 65535 };

/** Parse a number, or a service of /etc/services, into ep->port.  Return NULL,
 * or what is wrong. */
static const char *
address_parse_port(struct endpoint *ep, const char *port, enum address_use use)
{
	long number = 0;

	if (*port == '\0')
		return "the port is missing";
	if (port[strspn(port, DIGITS)] != '\0') {
		if (strlcpy(ep->port, port, sizeof(ep->port)) >=
		    sizeof(ep->port) || getservbyname(port, "tcp") == NULL)
			return "the port is neither a number nor a known "
			    "service";
		return NULL;
	}
	for (const char *p = port; *p != '\0' && number <= PORT_MAX; p++)
		number = number * 10 + (*p - '0');
	if (use == ADDRESS_CONNECT && (number == 0 || number > PORT_MAX))
		return "the port is not in the range 1 to 65535";
	if (number > PORT_MAX)
		return "the port is not in the range 0 to 65535";
	snprintf(ep->port, sizeof(ep->port), "%ld", number);
	return NULL;
}

/** Parse `text`, which follows "[".  On success *rest is what follows "]:". */
static const char *
address_parse_ipv6(struct endpoint *ep, const char *text, const char **rest)
{
	static const char why[] = "not an IPv6 address in the brackets";
	size_t length = strcspn(text, "]");
	char bare[INET6_ADDRSTRLEN];
	struct in6_addr address;
	size_t zone;

	if (text[length] == '\0')
		return "the closing bracket is missing";
	if (length >= sizeof(ep->host))
		return why;
	memcpy(ep->host, text, length);
	ep->host[length] = '\0';

	zone = strcspn(ep->host, "%");
	if (zone >= sizeof(bare))
		return why;
	memcpy(bare, ep->host, zone);
	bare[zone] = '\0';
	if (inet_pton(AF_INET6, bare, &address) != 1)
		return why;
	if (IN6_IS_ADDR_LINKLOCAL(&address) && ep->host[zone] == '\0')
		return LINK_LOCAL;
	if (text[length + 1] != ':')
		return "the port is missing after the bracket";
	*rest = text + length + 2;
	return NULL;
}

/** Copy a name or an IPv4 address to ep->host.  Return NULL, or what is
 * wrong. */
static const char *
address_parse_host(struct endpoint *ep, const char *text, size_t length)
{
	if (memchr(text, ':', length) != NULL)
		return "an IPv6 address needs brackets, [ADDRESS]:PORT";
	if (length >= sizeof(ep->host) ||
	    strspn(text, HOST_CHARACTERS) < length)
		return "not the name of a host";
	memcpy(ep->host, text, length);
	ep->host[length] = '\0';
	return NULL;
}

const char *
address_parse(struct endpoint *ep, const char *text, enum address_use use)
{
	const char *colon = strrchr(text, ':');
	const char *why;

	if (*text == '[') {
		why = address_parse_ipv6(ep, text + 1, &text);
	} else if (colon != NULL) {
		why = address_parse_host(ep, text, (size_t)(colon - text));
		text = colon + 1;
		if (use == ADDRESS_CONNECT && why == NULL && *ep->host == '\0')
			why = "the host is missing";
	} else {
		why = use == ADDRESS_LISTEN ? NULL : "the port is missing";
	}
	return why != NULL ? why : address_parse_port(ep, text, use);
}

enum status
address_refuse(const struct endpoint *ep, enum status status, const char *why)
{
	diag_error(ep->name, "%s (for a file: ./%s or file:%s)", why, ep->name,
	    ep->name);
	return status;
}

/** Write "unix:PATH" or "unix:@NAME", or "unix" for a client, which has no
 * name. */
static void
address_format_unix(char *text, const struct sockaddr_un *address,
    socklen_t length)
{
	size_t before = offsetof(struct sockaddr_un, sun_path);

	if (length > before && address->sun_path[0] != '\0')
		snprintf(text, ADDRESS_SIZE, "unix:%.*s",
		    (int)(length - before), address->sun_path);
	else if (length > before + 1)
		snprintf(text, ADDRESS_SIZE, "unix:@%.*s",
		    (int)(length - before - 1), address->sun_path + 1);
	else
		strlcpy(text, "unix", ADDRESS_SIZE);
}

sa_family_t
address_family(const struct sockaddr *address)
{
	sa_family_t family;

	memcpy(&family, &address->sa_family, sizeof(family));
	return family;
}

const char *
address_error(const struct sockaddr *address, int error)
{
	const struct sockaddr_in6 *v6 = (const void *)address;

	return error == EINVAL && address_family(address) == AF_INET6 &&
	    IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) && v6->sin6_scope_id == 0 ?
	    LINK_LOCAL : strerror(error);
}

/** Convert the mapped address of an IPv6 socket, ::ffff:192.0.2.1, to the IPv4
 * address. */
static void
address_unmap(struct sockaddr_in *v4, const struct sockaddr_in6 *v6)
{
	*v4 = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = v6->sin6_port };
	memcpy(&v4->sin_addr, &v6->sin6_addr.s6_addr[12],
	    sizeof(v4->sin_addr));
}

void
address_format(char *text, const struct sockaddr *address, socklen_t length)
{
	const struct sockaddr_in6 *v6 = (const void *)address;
	char host[ADDRESS_SIZE - 10], port[8];
	struct sockaddr_in v4;
	uint32_t cid, vsock_port;

	if (address_family(address) == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		address_unmap(&v4, v6);
		address = (const void *)&v4;
		length = sizeof(v4);
	}
	if (address_family(address) == AF_UNIX)
		address_format_unix(text, (const void *)address, length);
	else if (vsock_read(address, &cid, &vsock_port))
		snprintf(text, ADDRESS_SIZE, "vsock:%" PRIu32 ":%" PRIu32, cid,
		    vsock_port);
	else if (getnameinfo(address, length, host, sizeof(host), port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		strlcpy(text, "?", ADDRESS_SIZE);
	else if (address_family(address) == AF_INET6)
		snprintf(text, ADDRESS_SIZE, "[%s]:%s", host, port);
	else
		snprintf(text, ADDRESS_SIZE, "%s:%s", host, port);
}
