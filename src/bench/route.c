#include "config.h"

#include "route.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/diag.h"
#include "cold.h"
#include "far-end.h"

struct route *
routes_add(struct routes *routes, const char *name,
    const struct options *options, char *source, char *dest)
{
	struct route *route = &routes->route[routes->count];

	if (source == NULL || dest == NULL) {
		diag_errno(name, "benchmark");
		free(source);
		free(dest);
		return NULL;
	}
	routes->count++;
	*route = (struct route){ .name = name, .options = *options,
	    .source = source, .dest = dest, .cold = -1,
	    .rewind = { { .fd = -1 }, { .fd = -1 } } };
	for (size_t i = 0; i < LINES_MAX; i++)
		route->fd[i] = -1;
	route->options.source = source;
	route->options.dest = dest;
	route->options.method = ZC_AUTO;
	route->options.quiet = true;	/* or each pass would repeat notes */
	return route;
}

char *
routes_name(const char *format, ...)
{
	va_list args;
	char *name;
	int length;

	va_start(args, format);
	length = vasprintf(&name, format, args);
	va_end(args);
	return length < 0 ? NULL : name;
}

char *
routes_reopen(int fd)
{
	/* "file:" forces a new open(2).  Without it the name means the
	 * descriptor itself, whose position all its users share. */
	return routes_name("file:/proc/self/fd/%d", fd);
}

enum status
route_prepare(const struct route *route)
{
	for (int i = 0; i < 2; i++) {
		const struct rewind *rewind = &route->rewind[i];

		if (rewind->fd >= 0 &&
		    lseek(rewind->fd, rewind->start, SEEK_SET) < 0) {
			diag_errno(route->name, "rewind");
			return STATUS_OTHER;
		}
	}
	if (route->cold >= 0 && cold_make(route->cold) < 0) {
		diag_errno(route->name, "dropping the file from the cache");
		return STATUS_OTHER;
	}
	return STATUS_OK;
}

/** Drop from the page cache what the passes have brought there.  The files of
 * our own need not be dropped: they go when they are closed. */
static void
drop_data(const struct routes *routes)
{
	int written = routes->written == NULL ? -1 :
	    open(routes->written, O_WRONLY | O_CLOEXEC | O_NONBLOCK);

	if (routes->has_cold && routes->directory == NULL)
		(void)cold_make(routes->file);
	if (written < 0)
		return;
	(void)cold_make(written);
	close(written);
}

static void
close_ours(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
routes_free(struct routes *routes)
{
	drop_data(routes);
	free(routes->written);
	for (size_t i = 0; i < routes->count; i++) {
		struct route *route = &routes->route[i];

		for (size_t k = 0; k < LINES_MAX; k++) {
			far_end_stop(route->far_end[k]);
			close_ours(route->fd[k]);
		}
		free(route->source);
		free(route->dest);
		for (size_t k = 0; k < SINKS_MAX - 1; k++)
			free(route->also[k]);
	}
	close_ours(routes->file);
	close_ours(routes->memory);
	*routes = (struct routes)ROUTES_INIT;
}
