#include "config.h"

#include "parse.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static const char *
parse_port(struct endpoint *ep, const char *rest)
{
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
	return *rest == '\0' ? parse_listener(ep, rest) : parse_port(ep, rest);
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
	{ "unix:", &endpoint_unix, parse_path },
	{ "unix-listen:", &endpoint_unix_listen, parse_path },
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
	    prefixes[i].parse == parse_path ? "FILE" : "");
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
	static char why[200];

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
