/*
 * The routes of a benchmark without operands: between files, memory, pipes and
 * sockets of one machine.
 */
#include "config.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../endpoint/congestion.h"
#include "../endpoint/listeners.h"
#include "../system/mount.h"
#include "cold.h"
#include "data.h"
#include "far-end.h"
#include "route.h"

enum end {
	END_COLD, END_WARM, END_MEMORY, END_NULL, END_FILE,
	END_PIPE, END_UNIX, END_TCP	/* these have a far end */
};

/* The bottleneck is found from the cold routes, or from the warm ones if the
 * file cannot be cold. */
static const struct row {
	const char *name;
	enum part part;
	enum end source, dest;
	size_t sinks;			/* destinations */
} rows[] = {
	{ "cold file to /dev/null", PART_SOURCE, END_COLD, END_NULL, 1 },
	{ "warm file to /dev/null", PART_SOURCE, END_WARM, END_NULL, 1 },
	{ "memory to TCP", PART_DEST, END_MEMORY, END_TCP, 1 },
	{ "cold file to TCP", PART_BOTH, END_COLD, END_TCP, 1 },
	{ "warm file to TCP", PART_BOTH, END_WARM, END_TCP, 1 },
	{ "file to pipe", PART_NONE, END_WARM, END_PIPE, 1 },
	{ "file to unix socket", PART_NONE, END_WARM, END_UNIX, 1 },
	{ "file to file", PART_NONE, END_WARM, END_FILE, 1 },
	{ "pipe to file", PART_NONE, END_PIPE, END_FILE, 1 },
	{ "pipe to 3 pipes", PART_NONE, END_PIPE, END_PIPE, 3 },
	{ "TCP to file", PART_NONE, END_TCP, END_FILE, 1 },
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

_Static_assert(ROWS <= ROUTES_MAX, "no room for all rows");

/** A pipe or socket between a route and its far end. */
struct line {
	int near, far;			/* near -1: each pass connects anew */
	in_port_t port;
};

static enum status
line_error(const char *what)
{
	diag_errno("benchmark", what);
	return STATUS_OTHER;
}

/** Listen on loopback, on a free port. */
static enum status
line_listen(struct line *line, bool sends, const struct options *options)
{
	const struct endpoint far = { .name = "benchmark", .options = options,
	    .role = sends ? ROLE_SOURCE : ROLE_DEST };
	struct listeners listeners = { .count = 0 };
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	const char *doing;

	if (listeners_add(&listeners, &far, (struct sockaddr *)&address,
	    length, &doing) < 0)
		return line_error(doing);
	*line = (struct line){ .near = -1, .far = listeners.polled[0].fd };
	(void)getsockname(line->far, (struct sockaddr *)&address, &length);
	line->port = ntohs(address.sin_port);
	return STATUS_OK;
}

/** Make the line if the end needs it.  `sends`: the route sends to it. */
static enum status
line_open(struct line *line, enum end end, bool sends,
    const struct options *options)
{
	int fds[2];

	switch (end) {
	case END_TCP:
		return line_listen(line, sends, options);
	case END_PIPE:
		if (pipe2(fds, O_CLOEXEC) < 0)
			return line_error("pipe");
		break;
	case END_UNIX:
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
			return line_error("socketpair");
		/* As socket_ready() does for unix:PATH. */
		(void)fcntl(fds[1], F_SETFL, O_RDWR | O_NONBLOCK);
		break;
	default:
		return STATUS_OK;
	}
	line->near = fds[sends ? 1 : 0];
	line->far = fds[sends ? 0 : 1];
	return STATUS_OK;
}

/** Return the operand for one end of a route. */
static char *
end_name(enum end end, const struct routes *routes, const struct line *line)
{
	switch (end) {
	case END_COLD:
	case END_WARM:
		return routes_reopen(routes->file);
	case END_MEMORY:
		return routes_reopen(routes->memory);
	case END_NULL:
		break;
	case END_FILE:			/* passes do not commit it, so the
					   name is never used */
		return routes_name("file:%s/zcopy-benchmark.%ld",
		    routes->directory, (long)getpid());
	case END_PIPE:
	case END_UNIX:
		return routes_name("fd:%d", line->near);
	case END_TCP:
		return routes_name("tcp:127.0.0.1:%d", line->port);
	}
	return routes_name("/dev/null");
}

/** Start the far end of a line: it sends from memory to SOURCE, whose line is
 * the first, or drops what it receives. */
static enum status
serve(struct route *route, size_t i, const struct line *line, enum end end,
    const char *memory)
{
	struct options options = OPTIONS_INIT;
	char far[32];

	snprintf(far, sizeof(far), "%sfd:%d", line->near < 0 ? "listen:" : "",
	    line->far);
	options.congestion = route->options.congestion;
	if (i == 0) {
		options.source = memory;
		options.dest = far;
	} else {
		options.source = far;
		options.dest = "/dev/null";
		options.method = ZC_READ_WRITE;
	}
	if (i > 0 && end == END_TCP) {
		options.action = ACTION_DISCARD;
		options.dest = NULL;
	}
	route->far_end[i] = far_end_start(&options);
	return route->far_end[i] < 0 ? STATUS_OTHER : STATUS_OK;
}

/** Start the far ends of all lines that have one. */
static enum status
serve_all(struct route *route, const struct row *row, const struct line *line,
    const struct routes *routes)
{
	char *memory = end_name(END_MEMORY, routes, line);
	enum status status = memory == NULL ? line_error("far end") : STATUS_OK;

	for (size_t i = 0; status == STATUS_OK && i < LINES_MAX; i++)
		if (line[i].far >= 0)
			status = serve(route, i, &line[i],
			    i == 0 ? row->source : row->dest, memory);
	free(memory);
	return status;
}

/** Let the route have as many destinations as the row says. */
static enum status
add_sinks(struct route *route, const struct row *row, const struct line *line,
    const struct routes *routes)
{
	struct names *also = &route->options.also;

	*also = (struct names){ .name = route->also };
	while (also->count + 1 < row->sinks) {
		char *name = end_name(row->dest, routes,
		    &line[2 + also->count]);

		if (name == NULL)
			return line_error("destinations");
		route->also[also->count++] = name;
	}
	return STATUS_OK;
}

/** Add the route and start its far ends.  The caller closes their ends of the
 * lines. */
static enum status
add(struct routes *routes, const struct row *row, const struct line *line,
    const struct options *options)
{
	struct route *route = routes_add(routes, row->name, options,
	    end_name(row->source, routes, &line[0]),
	    end_name(row->dest, routes, &line[1]));
	enum status status;

	if (route == NULL)
		return STATUS_OTHER;
	for (size_t i = 0; i < LINES_MAX; i++)
		route->fd[i] = line[i].near;
	status = add_sinks(route, row, line, routes);
	if (status != STATUS_OK)
		return status;
	route->options.bytes = row->source == END_PIPE ? routes->bytes :
	    ZC_TO_END;
	if (row->source != END_TCP && row->dest != END_TCP)
		route->options.congestion = NULL;
	if (row->source == END_COLD)
		route->cold = routes->file;
	route->copies_nothing = row->source == END_WARM &&
	    row->dest == END_NULL;
	if (row->source != END_WARM || !routes->has_cold)
		route->part = row->part;
	return serve_all(route, row, line, routes);
}

/** Add the route of a row, unless it needs a cold file and none can be. */
static enum status
add_row(struct routes *routes, const struct row *row,
    const struct options *options)
{
	struct line line[LINES_MAX];
	enum status status = STATUS_OK;

	if (row->source == END_COLD && !routes->has_cold)
		return STATUS_OK;
	for (size_t i = 0; i < LINES_MAX; i++)
		line[i] = (struct line){ .near = -1, .far = -1 };
	for (size_t i = 0; status == STATUS_OK && i <= row->sinks; i++)
		status = line_open(&line[i], i == 0 ? row->source : row->dest,
		    i > 0, options);
	if (status == STATUS_OK)
		status = add(routes, row, line, options);
	for (size_t i = 0; i < LINES_MAX; i++)
		if (line[i].far >= 0)
			close(line[i].far);
	return status;
}

static enum status
make_data(struct routes *routes, const struct options *options)
{
	const int64_t half_of_ram = (int64_t)sysconf(_SC_PHYS_PAGES) / 2 *
	    sysconf(_SC_PAGESIZE);

	routes->bytes = options->bytes == ZC_TO_END ? DATA_BYTES :
	    options->bytes;
	if (routes->bytes > half_of_ram) {
		diag_error("--benchmark", "--bytes: exceeds half of RAM, where "
		    "the data is made");
		return STATUS_USAGE;
	}
	routes->directory = data_directory();
	mount_type(routes->directory, routes->file_system,
	    sizeof(routes->file_system));
	routes->memory = data_in_memory(routes->bytes);
	if (routes->memory < 0)
		return STATUS_OTHER;
	routes->file = data_in_directory(routes->directory, routes->bytes);
	if (routes->file < 0)
		return STATUS_OTHER;
	routes->has_cold = cold_can_be(routes->file);
	routes->source_label = routes->has_cold ? "the disk" :
	    "the file in memory";
	routes->dest_label = "the network";
	return STATUS_OK;
}

enum status
standard_routes(struct routes *routes, const struct options *options)
{
	const char *unusable = options_needing(options, NEED_OPERANDS);
	enum status status;

	if (unusable != NULL) {
		diag_error("--benchmark", "%s: only with SOURCE and DEST",
		    unusable);
		return STATUS_USAGE;
	}
	status = congestion_check(&(struct endpoint){ .name = "--benchmark",
	    .options = options });
	if (status != STATUS_OK)
		return status;
	status = make_data(routes, options);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < ROWS; i++) {
		status = add_row(routes, &rows[i], options);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}
