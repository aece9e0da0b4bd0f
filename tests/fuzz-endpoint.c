/*
 * Names of endpoints: what is accepted has all that its type needs, and means
 * the same when it is put together again from what was understood.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../src/endpoint/endpoint.h"
#include "../src/endpoint/parse.h"
#include "fuzz-text.h"

static const struct options options = OPTIONS_INIT;

static enum status
parse(struct endpoint *end, const char *name, enum role role)
{
	return endpoint_parse(end, name, role, &options);
}

/** Check that this is a name of the same address. */
static void
check_address(char *name, const struct endpoint *before)
{
	struct endpoint again;

	MUST(parse(&again, name, before->role) == STATUS_OK);
	MUST(again.type == before->type);
	MUST(strcmp(again.host, before->host) == 0);
	MUST(strcmp(again.port, before->port) == 0);
	free(name);
}

static void
check_network(const struct endpoint *end)
{
	const bool v6 = strchr(end->host, ':') != NULL;

	MUST(*end->port != '\0');
	MUST(end->type != &endpoint_tcp || *end->host != '\0');
	check_address(text_of("%s:%s%s%s:%s", end->type == &endpoint_tcp ?
	    "tcp" : "listen", v6 ? "[" : "", end->host, v6 ? "]" : "",
	    end->port), end);
}

static void
check_descriptor(const struct endpoint *end)
{
	char *name = text_of("fd:%d", end->fd);
	struct endpoint again;

	MUST(end->fd >= 0 && end->inherited);
	MUST(parse(&again, name, end->role) == STATUS_OK);
	MUST(again.type == &endpoint_stdio && again.fd == end->fd);
	free(name);
}

/** Check that this CID and port, or port alone, are read as they are
 * written. */
static void
check_machine(const struct endpoint *end)
{
	char *name = end->type == &endpoint_vsock ?
	    text_of("vsock:%" PRIu32 ":%" PRIu32, end->cid, end->vsock_port) :
	    text_of("vsock-listen:%" PRIu32, end->vsock_port);
	struct endpoint again;

	MUST(parse(&again, name, end->role) == STATUS_OK);
	MUST(again.type == end->type);
	MUST(again.cid == end->cid && again.vsock_port == end->vsock_port);
	free(name);
}

/** Check that the path, or the abstract name, is the rest of `name`. */
static void
check_path(const struct endpoint *end, const char *name)
{
	const char *last = name + strlen(name);
	const char *path = end->abstract != NULL ? end->abstract : end->path;

	MUST(end->abstract == NULL || end->path == NULL);
	MUST(path >= name && path < last);
	MUST(path + strlen(path) == last);
}

static void
check_end(const struct endpoint *end, const char *name)
{
	const char *last = name + strlen(name);

	MUST(end->name == name);
	if (end->type == &endpoint_stdio) {
		check_descriptor(end);
		return;
	}
	MUST(end->fd == -1 && !end->inherited);
	if (end->type == &endpoint_exec) {
		MUST(end->command > name && end->command < last);
	} else if (end->type == &endpoint_tcp || (end->listener < 0 &&
	    end->type == &endpoint_listen)) {
		check_network(end);
	} else if (end->type == &endpoint_vsock ||
	    end->type == &endpoint_vsock_listen) {
		check_machine(end);
	} else if (end->type != &endpoint_listen) {
		check_path(end, name);
	}
}

/** Check that "./NAME" and "file:NAME" are files, as messages promise. */
static void
check_advice(const char *format, const char *text, size_t before,
    enum role role)
{
	char *name = text_of(format, text);
	struct endpoint end;

	MUST(parse(&end, name, role) == STATUS_OK);
	MUST(end.type == &endpoint_file && end.path == name + before);
	free(name);
}

void
fuzz_endpoint(const char *text, size_t size)
{
	static const enum role roles[] = { ROLE_SOURCE, ROLE_DEST };

	(void)size;
	for (size_t i = 0; i < 2; i++) {
		struct endpoint end;
		const enum status status = parse(&end, text, roles[i]);

		if (status == STATUS_OK)
			check_end(&end, text);
		else
			MUST(status == STATUS_USAGE);
		check_advice("./%s", text, 0, roles[i]);
		if (*text != '\0')
			check_advice("file:%s", text, strlen("file:"),
			    roles[i]);
	}
}
