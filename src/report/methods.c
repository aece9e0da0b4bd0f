#include "config.h"

#include "methods.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../base/options.h"
#include "../base/output.h"
#include "../zcopy.h"

#define LINE_WIDTH	80
#define GAP		2		/* between columns */
#define COLUMNS		3

/** Return how much of `text` fits into `width`, cut at a blank if possible. */
static size_t
column_cut(const char *text, size_t width)
{
	size_t length = strlen(text);

	if (length <= width)
		return length;
	for (length = width; length > 0; length--)
		if (text[length] == ' ')
			return length;
	return width;
}

/** Print the next line of one column, padded with blanks.  Return the rest. */
static const char *
column_print(const char *text, size_t width, bool last)
{
	size_t n = column_cut(text, width);

	printf("%-*.*s", last ? 0 : (int)(width + GAP), (int)n, text);
	text += n;
	return text + strspn(text, " ");
}

/** Print one row.  Text that is wider than its column continues below. */
static void
row_print(const char *const text[COLUMNS], const size_t width[COLUMNS])
{
	const char *rest[COLUMNS] = { text[0], text[1], text[2] };

	do {
		size_t last = COLUMNS - 1;

		while (last > 0 && *rest[last] == '\0')
			last--;		/* no blanks at the end of a line */
		for (size_t i = 0; i <= last; i++)
			rest[i] = column_print(rest[i], width[i], i == last);
		putchar('\n');
	} while (*rest[0] != '\0' || *rest[1] != '\0' || *rest[2] != '\0');
}

/** Make a column as wide as this text needs. */
static void
widen(size_t *width, const char *text)
{
	const size_t length = strlen(text);

	*width = MAX(*width, length);
}

/* The text of one column in a row. */
struct cell {
	char text[64];
};

/** Return "yes", or "no: REASON". */
static struct cell
availability(enum zc_method method)
{
	struct cell cell;
	int error = zc_method_available(method);

	if (error == 0)
		strlcpy(cell.text, "yes", sizeof(cell.text));
	else
		snprintf(cell.text, sizeof(cell.text), "no: %s",
		    strerror(error));
	return cell;
}

/** Print name, summary and availability.  The summary has the width that the
 * others leave. */
static void
print_methods(void)
{
	struct cell available[ZC_METHODS];
	size_t width[COLUMNS] = { 0 };

	for (int m = 0; m < ZC_METHODS; m++) {
		const char *name = zc_method_name((enum zc_method)m);

		available[m] = availability((enum zc_method)m);
		widen(&width[0], name);
		widen(&width[2], available[m].text);
	}
	width[1] = LINE_WIDTH - 2 * GAP - width[0] - width[2];

	for (int m = 0; m < ZC_METHODS; m++)
		row_print((const char *[COLUMNS]){
		    zc_method_name((enum zc_method)m),
		    zc_method_summary((enum zc_method)m), available[m].text },
		    width);
}

/* A limit of the kernel. */
struct limit {
	const char *name;
	const char *governs;		/* what it limits, and its unit */
	/* Write its value; leave *value alone if it is unknown. */
	void (*read)(const struct limit *, struct cell *value);
	const char *path;		/* the file that has it */
	const char *word;		/* before the number in that file */
	unsigned short resource;	/* RLIMIT_..., an enum or an int */
};

/** Read the only line of a file, with tabs as blanks. */
static void
limit_line(const struct limit *limit, struct cell *value)
{
	FILE *file = fopen(limit->path, "re");
	char line[sizeof(value->text)];
	char *c;

	if (file == NULL)
		return;
	if (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		for (c = line; (c = strchr(c, '\t')) != NULL; )
			*c = ' ';
		if (*line != '\0')
			strlcpy(value->text, line, sizeof(value->text));
	}
	fclose(file);
}

/** Read the number after `word` in the line "TCP:" of /proc/net/sockstat. */
static void
limit_sockstat(const struct limit *limit, struct cell *value)
{
	FILE *file = fopen(limit->path, "re");
	char line[256];
	const char *word;

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "TCP:", 4) != 0)
			continue;
		word = strstr(line, limit->word);
		if (word != NULL)
			snprintf(value->text, sizeof(value->text), "%ld",
			    strtol(word + strlen(limit->word), NULL, 10));
	}
	fclose(file);
}

/** Get the soft limit of a resource, getrlimit(2). */
static void
limit_resource(const struct limit *limit, struct cell *value)
{
	struct rlimit rlimit;

	if (getrlimit(limit->resource, &rlimit) < 0)
		return;
	if (rlimit.rlim_cur == RLIM_INFINITY)
		strlcpy(value->text, "unlimited", sizeof(value->text));
	else
		snprintf(value->text, sizeof(value->text), "%ju",
		    (uintmax_t)rlimit.rlim_cur);
}

/** Count our open descriptors, without the one for the directory itself. */
static void
limit_descriptors(const struct limit *limit, struct cell *value)
{
	DIR *directory = opendir(limit->path);
	int count = 0;

	if (directory == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL; )
		count += entry->d_name[0] != '.';
	closedir(directory);
	snprintf(value->text, sizeof(value->text), "%d", count - 1);
}

/** Make a pipe and read its size.  The kernel does not report how many pages a
 * user's pipes have, but beyond the soft limit a new pipe has two pages
 * only. */
static void
limit_new_pipe(const struct limit *limit, struct cell *value)
{
	int fds[2], size;

	(void)limit;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return;
	size = fcntl(fds[0], F_GETPIPE_SZ);
	if (size > 0)
		snprintf(value->text, sizeof(value->text), "%d", size);
	close(fds[0]);
	close(fds[1]);
}

#define FS	"/proc/sys/fs/"
#define CORE	"/proc/sys/net/core/"
#define IPV4	"/proc/sys/net/ipv4/"

/* In the order of the table that is printed. */
static const struct limit limits[] = {
	{ .name = "pipe-max-size", .read = limit_line,
	    .path = FS "pipe-max-size",
	    .governs = "bytes a user may set for a pipe" },
	{ .name = "pipe-user-pages-soft", .read = limit_line,
	    .path = FS "pipe-user-pages-soft",
	    .governs = "pages for a user; then 2 per pipe" },
	{ .name = "pipe-user-pages-hard", .read = limit_line,
	    .path = FS "pipe-user-pages-hard",
	    .governs = "pages for a user; 0: no limit" },
	{ .name = "a new pipe", .read = limit_new_pipe,
	    .governs = "bytes; 2 pages: above soft limit" },
	{ .name = "tcp_wmem", .read = limit_line, .path = IPV4 "tcp_wmem",
	    .governs = "send buffer bytes: min default max" },
	{ .name = "tcp_rmem", .read = limit_line, .path = IPV4 "tcp_rmem",
	    .governs = "receive buffer: likewise" },
	{ .name = "wmem_max", .read = limit_line, .path = CORE "wmem_max",
	    .governs = "most bytes for SO_SNDBUF" },
	{ .name = "rmem_max", .read = limit_line, .path = CORE "rmem_max",
	    .governs = "most bytes for SO_RCVBUF" },
	{ .name = "tcp_congestion_control", .read = limit_line,
	    .path = IPV4 "tcp_congestion_control",
	    .governs = "algorithm of new connections" },
	{ .name = "  available", .read = limit_line,
	    .path = IPV4 "tcp_available_congestion_control",
	    .governs = "algorithms to choose from" },
	{ .name = "tcp_mem", .read = limit_line, .path = IPV4 "tcp_mem",
	    .governs = "TCP buffer pages: min pressure max" },
	{ .name = "  in use", .read = limit_sockstat, .word = " mem ",
	    .path = "/proc/net/sockstat",
	    .governs = "pages of TCP buffers (sockstat)" },
	{ .name = "  sockets", .read = limit_sockstat, .word = " inuse ",
	    .path = "/proc/net/sockstat",
	    .governs = "TCP sockets (sockstat)" },
	{ .name = "RLIMIT_FSIZE", .read = limit_resource,
	    .resource = RLIMIT_FSIZE,
	    .governs = "bytes a file may grow to" },
	{ .name = "RLIMIT_NOFILE", .read = limit_resource,
	    .resource = RLIMIT_NOFILE,
	    .governs = "descriptors a process may have" },
	{ .name = "  in use", .read = limit_descriptors,
	    .path = "/proc/self/fd", .governs = "descriptors zcopy has open" },
	{ .name = "file-nr", .read = limit_line, .path = FS "file-nr",
	    .governs = "open files: used, free, max" },
};

#define LIMITS	(sizeof(limits) / sizeof(limits[0]))

/** Print name, value and meaning; "-" is a value that is unknown.  A long value
 * continues below, so that the meanings have room. */
static void
print_limits(void)
{
	struct cell value[LIMITS];
	size_t width[COLUMNS] = { 0 };

	for (size_t i = 0; i < LIMITS; i++) {
		value[i] = (struct cell){ .text = "-" };
		limits[i].read(&limits[i], &value[i]);
		widen(&width[0], limits[i].name);
		widen(&width[1], value[i].text);
	}
	width[1] = MIN(width[1], LINE_WIDTH / 3);
	width[2] = LINE_WIDTH - 2 * GAP - width[0] - width[1];

	printf("\nLimits of the kernel, and their use now:\n");
	for (size_t i = 0; i < LIMITS; i++)
		row_print((const char *[COLUMNS]){ limits[i].name,
		    value[i].text, limits[i].governs }, width);
}

enum status
methods_list(bool verbose)
{
	print_methods();
	if (verbose)
		print_limits();
	return output_flush();
}
