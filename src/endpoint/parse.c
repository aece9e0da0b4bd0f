#include "config.h"

#include "parse.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/number.h"
#include "../system/vsock.h"
#include "address.h"

#define SYSTEMD_FIRST	3		/* SD_LISTEN_FDS_START */

/* The start of a name, and the type that it means.  `parse` fills in what the
 * name says, and returns NULL, or static text that says what is wrong. */
struct prefix {
	const char *text;
	const struct endpoint_type *type;
	const char *(*parse)(struct endpoint *, const char *rest);
};

static const char *
parse_path(struct endpoint *ep, const char *rest)
{
	if (*rest == '\0')
		return "the path is missing";
	ep->path = rest;
	return NULL;
}

/** Parse the path of a unix socket, or '@' and a name of the abstract
 * namespace.  "./@x" is a path. */
static const char *
parse_unix(struct endpoint *ep, const char *rest)
{
	if (*rest != '@')
		return parse_path(ep, rest);
	ep->abstract = rest + 1;
	return *ep->abstract != '\0' ? NULL :
	    "the name is missing after the @ (./@ is a path)";
}

/** Parse a descriptor's number: digits only, at most INT_MAX. */
static const char *
parse_number(int *number, const char *rest)
{
	static const char why[] = "not the number of a descriptor";
	int fd = 0;

	if (*rest == '\0')
		return why;
	for (; *rest != '\0'; rest++) {
		int digit = *rest - '0';

		if (digit < 0 || digit > 9 || fd > (INT_MAX - digit) / 10)
			return why;
		fd = fd * 10 + digit;
	}
	*number = fd;
	return NULL;
}

static const char *
parse_descriptor(struct endpoint *ep, const char *rest)
{
	const char *why = parse_number(&ep->fd, rest);

	ep->inherited = why == NULL;
	return why;
}

static const char *
parse_tcp(struct endpoint *ep, const char *rest)
{
	return address_parse(ep, rest, ADDRESS_CONNECT);
}

/** Parse what follows ":", which is a port alone. */
static const char *
parse_port(struct endpoint *ep, const char *rest)
{
	if (strchr(rest, ':') != NULL)
		return "more than a port: write listen:HOST:PORT, or "
		    "[IPV6]:PORT with brackets";
	return address_parse(ep, rest, ADDRESS_LISTEN);
}

/** Parse the number of a socket that listens already.  "" is the first one that
 * systemd passes to this process, see sd_listen_fds(3). */
static const char *
parse_listener(struct endpoint *ep, const char *rest)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");

	if (*rest != '\0')
		return parse_number(&ep->listener, rest);
	if (pid == NULL || count == NULL || atoi(count) < 1 ||
	    atol(pid) != (long)getpid())
		return "no socket was passed in (LISTEN_PID, LISTEN_FDS)";
	ep->listener = SYSTEMD_FIRST;
	return NULL;
}

static const char *
parse_listen(struct endpoint *ep, const char *rest)
{
	return *rest == '\0' ? parse_listener(ep, rest) :
	    address_parse(ep, rest, ADDRESS_LISTEN);
}

static const char *
parse_vsock_listen(struct endpoint *ep, const char *rest)
{
	if (vsock_lack() != NULL)
		return vsock_lack();
	rest = number_parse(&ep->vsock_port, rest);
	return rest != NULL && *rest == '\0' ? NULL :
	    "the port is not in the range 0 to 4294967294";
}

static const char *
parse_vsock(struct endpoint *ep, const char *rest)
{
	if (vsock_lack() != NULL)
		return vsock_lack();
	rest = number_parse(&ep->cid, rest);
	if (rest == NULL)
		return "the CID is not a number below 4294967295 (2 is the "
		    "host, 1 this machine)";
	if (*rest != ':')
		return "the port is missing, vsock:CID:PORT";
	rest = number_parse(&ep->vsock_port, rest + 1);
	return rest != NULL && *rest == '\0' && ep->vsock_port > 0 ? NULL :
	    "the port is not in the range 1 to 4294967294";
}

static const char *
parse_command(struct endpoint *ep, const char *rest)
{
	if (rest[strspn(rest, " \t\n")] == '\0')
		return "the command is missing: exec:'COMMAND ARGUMENT...'";
	ep->command = rest;
	return NULL;
}

static const struct prefix prefixes[] = {
	{ "file:", &endpoint_file, parse_path },
	{ "fd:", &endpoint_stdio, parse_descriptor },
	{ "tcp:", &endpoint_tcp, parse_tcp },
	{ "listen:fd:", &endpoint_listen, parse_listener },
	{ "listen:", &endpoint_listen, parse_listen },
	{ "unix:", &endpoint_unix, parse_unix },
	{ "unix-listen:", &endpoint_unix_listen, parse_unix },
	{ "vsock:", &endpoint_vsock, parse_vsock },
	{ "vsock-listen:", &endpoint_vsock_listen, parse_vsock_listen },
	{ "exec:", &endpoint_exec, parse_command },
	{ ":", &endpoint_listen, parse_port },
};

const char *
endpoint_word(int i)
{
	const int count = sizeof(prefixes) / sizeof(*prefixes);
	static char word[32];

	if (i == count)
		return "FILE";
	if (i > count)
		return NULL;
	snprintf(word, sizeof(word), "%s%s", prefixes[i].text,
	    prefixes[i].parse == parse_path ||
	    prefixes[i].parse == parse_unix ? "FILE" : "");
	return word;
}

/** Return what follows `prefix` in `name`, or NULL if it does not begin so. */
static const char *
parse_behind(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(name, prefix, length) == 0 ? name + length : NULL;
}

/** If the name is a path that means one of our descriptors, return its number
 * as text, else NULL.  Opening such a path would give another descriptor, which
 * starts at offset 0, and fails for a socket (ENXIO). */
static const char *
parse_descriptor_path(const struct endpoint *ep)
{
	const char *name = ep->name;
	const char *rest;

	if (strcmp(name, "-") == 0)
		return ep->role == ROLE_SOURCE ? "0" : "1";
	if (strcmp(name, "/dev/stdin") == 0)
		return "0";
	if (strcmp(name, "/dev/stdout") == 0)
		return "1";
	if (strcmp(name, "/dev/stderr") == 0)
		return "2";
	rest = parse_behind(name, "/dev/fd/");
	if (rest == NULL)
		rest = parse_behind(name, "/proc/self/fd/");
	return rest;
}

/** Return a message that lists the prefixes. */
static const char *
parse_unknown(void)
{
	static char why[240];

	strlcpy(why, "no such type of endpoint; there are", sizeof(why));
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		/* ":" and "listen:fd:" are other forms of "listen:". */
		if (strchr(prefixes[i].text, ':')[1] != '\0' ||
		    *prefixes[i].text == ':')
			continue;
		strlcat(why, " ", sizeof(why));
		strlcat(why, prefixes[i].text, sizeof(why));
	}
	return why;
}

/** Parse a name that has a ':' before any '/', and none of the prefixes. */
static const char *
parse_host(struct endpoint *ep)
{
	const char *name = ep->name, *colon = strchr(name, ':');

	ep->type = &endpoint_tcp;
	if (strncmp(colon, "://", 3) == 0)
		return ep->role == ROLE_SOURCE ?
		    "no URLs here: curl -f URL | zcopy - DEST" :
		    "no URLs here: zcopy SOURCE - | curl -T - URL";
	/* With two colons and no bracket it is an IPv6 address, which
	 * address_parse() refuses, or it begins with an unknown type. */
	if (*name != '[' && strchr(colon + 1, ':') != NULL &&
	    name[strspn(name, "0123456789abcdefABCDEF:.%")] != '\0')
		return parse_unknown();
	return parse_tcp(ep, name);
}

const char *
parse_name(struct endpoint *ep)
{
	const char *name = ep->name;
	const char *rest = parse_descriptor_path(ep);

	ep->type = &endpoint_stdio;
	if (rest != NULL && parse_descriptor(ep, rest) == NULL)
		return NULL;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		rest = parse_behind(name, prefixes[i].text);
		if (rest == NULL)
			continue;
		ep->type = prefixes[i].type;
		return prefixes[i].parse(ep, rest);
	}

	if (name[strcspn(name, ":/")] == ':')
		return parse_host(ep);
	ep->type = &endpoint_file;
	return parse_path(ep, name);
}
