/*
 * zc_plan(): which methods are planned for which ends, in which order, and why
 * not the others.
 */
#include "config.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../src/zcopy.h"

#define LARGE	(INT64_C(1) << 20)
#define SMALL	(32 * INT64_C(1024))	/* from here on it is not small */
#define UNKNOWN	INT64_C(-1)

#define REGULAR_TO(kind)	.in = ZC_REGULAR, .out = (kind), .bytes = LARGE
#define STREAM(kind, to)	.in = (kind), .out = (to), .bytes = UNKNOWN

/* Without .forced and .preferred: ZC_AUTO. */
static const struct row {
	struct zc_ends ends;
	enum zc_method forced, preferred;
	unsigned flags;
	const char *plan;
} rows[] = {
	/* files */
	{ { REGULAR_TO(ZC_REGULAR) },
	    .plan = "copy_file_range sendfile read-write" },
	{ { REGULAR_TO(ZC_PIPE) }, .plan = "splice sendfile read-write" },
	{ { REGULAR_TO(ZC_SOCKET) }, .plan = "splice sendfile read-write" },
	{ { .in = ZC_REGULAR, .out = ZC_SOCKET, .bytes = 256 * 1024 },
	    .plan = "splice sendfile read-write" },
	{ { .in = ZC_REGULAR, .out = ZC_SOCKET, .bytes = 256 * 1024 - 1 },
	    .plan = "sendfile splice read-write" },
	{ { REGULAR_TO(ZC_BLOCK) }, .plan = "sendfile splice read-write" },
	{ { REGULAR_TO(ZC_CHAR) }, .plan = "sendfile splice read-write" },
	{ { REGULAR_TO(ZC_NULL) }, .plan = "sendfile splice read-write" },
	{ { REGULAR_TO(ZC_TTY) }, .plan = "read-write" },
	{ { REGULAR_TO(ZC_SYNTHETIC) }, .plan = "read-write" },
	{ { .in = ZC_BLOCK, .out = ZC_REGULAR, .bytes = LARGE },
	    .plan = "sendfile splice read-write" },
	{ { .in = ZC_BLOCK, .out = ZC_BLOCK, .bytes = LARGE },
	    .plan = "sendfile splice read-write" },
	{ { .in = ZC_BLOCK, .out = ZC_PIPE, .bytes = LARGE },
	    .plan = "splice sendfile read-write" },
	{ { .in = ZC_BLOCK, .out = ZC_SOCKET, .bytes = LARGE },
	    .plan = "splice sendfile read-write" },

	/* streams */
	{ { STREAM(ZC_PIPE, ZC_REGULAR) }, .plan = "read-write" },
	{ { STREAM(ZC_PIPE, ZC_PIPE) }, .plan = "splice read-write" },
	{ { STREAM(ZC_PIPE, ZC_SOCKET) }, .plan = "splice read-write" },
	{ { STREAM(ZC_SOCKET, ZC_REGULAR) }, .plan = "splice read-write" },
	{ { STREAM(ZC_SOCKET, ZC_PIPE) }, .plan = "splice read-write" },
	{ { STREAM(ZC_SOCKET, ZC_SOCKET) }, .plan = "splice read-write" },
	{ { STREAM(ZC_SOCKET, ZC_BLOCK) }, .plan = "splice read-write" },
	{ { STREAM(ZC_PIPE, ZC_NULL) }, .plan = "splice read-write" },
	{ { STREAM(ZC_PIPE, ZC_TTY) }, .plan = "read-write" },
	{ { STREAM(ZC_PIPE, ZC_SYNTHETIC) }, .plan = "read-write" },

	/* streams that are read once for several sinks */
	{ { STREAM(ZC_PIPE, ZC_REGULAR), .shared = true },
	    .plan = "splice read-write" },
	{ { STREAM(ZC_SOCKET, ZC_REGULAR), .shared = true },
	    .plan = "splice read-write" },
	{ { STREAM(ZC_PIPE, ZC_TTY), .shared = true }, .plan = "read-write" },

	/* devices and kernel files */
	{ { STREAM(ZC_CHAR, ZC_REGULAR) }, .plan = "read-write" },
	{ { STREAM(ZC_CHAR, ZC_NULL) }, .plan = "read-write" },
	{ { STREAM(ZC_CHAR, ZC_PIPE) }, .plan = "splice read-write" },
	{ { STREAM(ZC_CHAR, ZC_SOCKET) }, .plan = "splice read-write" },
	{ { STREAM(ZC_TTY, ZC_REGULAR) }, .plan = "read-write" },
	{ { STREAM(ZC_TTY, ZC_PIPE) }, .plan = "read-write" },
	{ { STREAM(ZC_NULL, ZC_REGULAR) }, .plan = "read-write" },
	{ { STREAM(ZC_SYNTHETIC, ZC_REGULAR) }, .plan = "read-write" },
	{ { STREAM(ZC_SYNTHETIC, ZC_SOCKET) }, .plan = "read-write" },

	/* few bytes */
	{ { .in = ZC_REGULAR, .out = ZC_REGULAR, .bytes = 0 },
	    .plan = "read-write" },
	{ { .in = ZC_REGULAR, .out = ZC_REGULAR, .bytes = SMALL - 1 },
	    .plan = "read-write" },
	{ { .in = ZC_REGULAR, .out = ZC_REGULAR, .bytes = SMALL },
	    .plan = "copy_file_range sendfile read-write" },
	{ { .in = ZC_REGULAR, .out = ZC_SOCKET, .bytes = SMALL - 1 },
	    .plan = "read-write" },
	{ { .in = ZC_REGULAR, .out = ZC_SOCKET, .bytes = SMALL },
	    .plan = "sendfile splice read-write" },
	{ { .in = ZC_REGULAR, .out = ZC_REGULAR, .bytes = INT64_MAX },
	    .plan = "copy_file_range sendfile read-write" },
	{ { .in = ZC_PIPE, .out = ZC_REGULAR, .bytes = 1 },
	    .plan = "read-write" },
	{ { .in = ZC_PIPE, .out = ZC_SOCKET, .bytes = SMALL },
	    .plan = "splice read-write" },

	/* O_APPEND, O_DIRECT: only these work, except into pipes */
	{ { REGULAR_TO(ZC_REGULAR), .append = true }, .plan = "read-write" },
	{ { REGULAR_TO(ZC_SOCKET), .append = true }, .plan = "read-write" },
	{ { REGULAR_TO(ZC_NULL), .append = true }, .plan = "read-write" },
	{ { STREAM(ZC_PIPE, ZC_REGULAR), .append = true },
	    .plan = "read-write" },
	{ { REGULAR_TO(ZC_PIPE), .append = true },
	    .plan = "splice sendfile read-write" },
	{ { STREAM(ZC_PIPE, ZC_PIPE), .append = true },
	    .plan = "splice read-write" },
	{ { REGULAR_TO(ZC_REGULAR), .direct = true }, .plan = "read-write" },
	{ { REGULAR_TO(ZC_BLOCK), .direct = true }, .plan = "read-write" },
	{ { REGULAR_TO(ZC_PIPE), .direct = true },
	    .plan = "splice sendfile read-write" },

	/* a sink with an offset, which sendfile(2) cannot use */
	{ { REGULAR_TO(ZC_REGULAR), .placed = true },
	    .plan = "copy_file_range read-write" },
	{ { REGULAR_TO(ZC_BLOCK), .placed = true },
	    .plan = "splice read-write" },
	{ { STREAM(ZC_SOCKET, ZC_REGULAR), .placed = true },
	    .plan = "splice read-write" },

	/* --stable: no page of a file may be lent to a reader */
	{ { REGULAR_TO(ZC_REGULAR) }, .flags = ZC_STABLE,
	    .plan = "copy_file_range sendfile read-write" },
	{ { REGULAR_TO(ZC_PIPE) }, .flags = ZC_STABLE, .plan = "read-write" },
	{ { REGULAR_TO(ZC_PIPE) }, .flags = ZC_DONT_CACHE,
	    .plan = "read-write" },
	{ { STREAM(ZC_SOCKET, ZC_BLOCK) }, .flags = ZC_DONT_CACHE,
	    .plan = "read-write" },
	{ { STREAM(ZC_SOCKET, ZC_PIPE) }, .flags = ZC_DONT_CACHE,
	    .plan = "splice read-write" },
	{ { REGULAR_TO(ZC_PIPE) }, .flags = ZC_DONT_CACHE,
	    .preferred = ZC_SENDFILE, .plan = "sendfile read-write" },
	{ { REGULAR_TO(ZC_PIPE) }, .flags = ZC_DONT_CACHE,
	    .forced = ZC_SPLICE, .plan = "splice" },
	{ { REGULAR_TO(ZC_REGULAR) }, .flags = ZC_LOOK, .plan = "read-write" },
	{ { REGULAR_TO(ZC_REGULAR) }, .flags = ZC_LOOK,
	    .preferred = ZC_SENDFILE, .plan = "read-write" },
	{ { STREAM(ZC_SOCKET, ZC_REGULAR) }, .flags = ZC_LOOK,
	    .plan = "read-write" },
	{ { STREAM(ZC_SOCKET, ZC_REGULAR) }, .flags = ZC_LOOK,
	    .forced = ZC_SPLICE, .plan = "" },
	{ { REGULAR_TO(ZC_SOCKET) }, .flags = ZC_STABLE,
	    .plan = "read-write" },
	{ { .in = ZC_BLOCK, .out = ZC_PIPE, .bytes = LARGE },
	    .flags = ZC_STABLE, .plan = "read-write" },
	{ { STREAM(ZC_PIPE, ZC_SOCKET) }, .flags = ZC_STABLE,
	    .plan = "splice read-write" },
	{ { STREAM(ZC_SOCKET, ZC_PIPE) }, .flags = ZC_STABLE | ZC_EXACT,
	    .plan = "splice read-write" },

	/* by name: alone, or not at all; what only the kernel knows, and what
	 * is not worth it, is no obstacle */
	{ { REGULAR_TO(ZC_REGULAR) }, .forced = ZC_COPY_FILE_RANGE,
	    .plan = "copy_file_range" },
	{ { REGULAR_TO(ZC_REGULAR) }, .forced = ZC_SENDFILE,
	    .plan = "sendfile" },
	{ { REGULAR_TO(ZC_REGULAR) }, .forced = ZC_SPLICE, .plan = "splice" },
	{ { REGULAR_TO(ZC_REGULAR) }, .forced = ZC_MMAP, .plan = "mmap" },
	{ { REGULAR_TO(ZC_REGULAR) }, .forced = ZC_REFLINK,
	    .plan = "reflink" },
	{ { REGULAR_TO(ZC_REGULAR) }, .forced = ZC_READ_WRITE,
	    .plan = "read-write" },
	{ { REGULAR_TO(ZC_REGULAR), .append = true },
	    .forced = ZC_COPY_FILE_RANGE, .plan = "copy_file_range" },
	{ { REGULAR_TO(ZC_REGULAR), .direct = true }, .forced = ZC_SENDFILE,
	    .plan = "sendfile" },
	{ { .in = ZC_REGULAR, .out = ZC_PIPE, .bytes = 1 },
	    .forced = ZC_SPLICE, .plan = "splice" },
	{ { STREAM(ZC_TTY, ZC_PIPE) }, .forced = ZC_SPLICE,
	    .plan = "splice" },
	{ { STREAM(ZC_SYNTHETIC, ZC_PIPE) }, .forced = ZC_SENDFILE,
	    .plan = "sendfile" },
	{ { .in = ZC_BLOCK, .out = ZC_SOCKET, .bytes = LARGE },
	    .forced = ZC_MMAP, .plan = "mmap" },
	{ { REGULAR_TO(ZC_SOCKET) }, .forced = ZC_MMAP, .flags = ZC_STABLE,
	    .plan = "mmap" },

	{ { REGULAR_TO(ZC_PIPE) }, .forced = ZC_COPY_FILE_RANGE, .plan = "" },
	{ { STREAM(ZC_PIPE, ZC_REGULAR) }, .forced = ZC_COPY_FILE_RANGE,
	    .plan = "" },
	{ { .in = ZC_BLOCK, .out = ZC_BLOCK, .bytes = LARGE },
	    .forced = ZC_COPY_FILE_RANGE, .plan = "" },
	{ { REGULAR_TO(ZC_BLOCK) }, .forced = ZC_REFLINK, .plan = "" },
	{ { STREAM(ZC_PIPE, ZC_REGULAR) }, .forced = ZC_REFLINK, .plan = "" },
	{ { STREAM(ZC_PIPE, ZC_REGULAR) }, .forced = ZC_SENDFILE, .plan = "" },
	{ { STREAM(ZC_SOCKET, ZC_PIPE) }, .forced = ZC_SENDFILE, .plan = "" },
	{ { STREAM(ZC_TTY, ZC_PIPE) }, .forced = ZC_SENDFILE, .plan = "" },
	{ { REGULAR_TO(ZC_REGULAR), .placed = true }, .forced = ZC_SENDFILE,
	    .plan = "" },
	{ { STREAM(ZC_PIPE, ZC_REGULAR) }, .forced = ZC_MMAP, .plan = "" },
	{ { STREAM(ZC_SOCKET, ZC_PIPE) }, .forced = ZC_MMAP, .plan = "" },
	{ { STREAM(ZC_CHAR, ZC_PIPE) }, .forced = ZC_MMAP, .plan = "" },
	{ { REGULAR_TO(ZC_NULL) }, .forced = ZC_MMAP, .plan = "" },
	{ { REGULAR_TO(ZC_SYNTHETIC) }, .forced = ZC_SENDFILE, .plan = "" },
	{ { REGULAR_TO(ZC_SYNTHETIC) }, .forced = ZC_SPLICE, .plan = "" },
	{ { REGULAR_TO(ZC_SYNTHETIC) }, .forced = ZC_MMAP, .plan = "" },
	{ { REGULAR_TO(ZC_SYNTHETIC) }, .forced = ZC_READ_WRITE,
	    .plan = "read-write" },
	{ { REGULAR_TO(ZC_SOCKET) }, .forced = ZC_SENDFILE,
	    .flags = ZC_STABLE, .plan = "" },
	{ { REGULAR_TO(ZC_PIPE) }, .forced = ZC_SPLICE, .flags = ZC_STABLE,
	    .plan = "" },

	/* preferred: first, if it can serve; then the usual plan */
	{ { REGULAR_TO(ZC_REGULAR) }, .preferred = ZC_MMAP,
	    .plan = "mmap copy_file_range sendfile read-write" },
	{ { REGULAR_TO(ZC_REGULAR) }, .preferred = ZC_SENDFILE,
	    .plan = "sendfile copy_file_range read-write" },
	{ { REGULAR_TO(ZC_REGULAR) }, .preferred = ZC_REFLINK,
	    .plan = "reflink copy_file_range sendfile read-write" },
	{ { REGULAR_TO(ZC_REGULAR) }, .preferred = ZC_COPY_FILE_RANGE,
	    .plan = "copy_file_range sendfile read-write" },
	{ { REGULAR_TO(ZC_REGULAR) }, .preferred = ZC_READ_WRITE,
	    .plan = "read-write copy_file_range sendfile" },
	{ { .in = ZC_REGULAR, .out = ZC_REGULAR, .bytes = 1 },
	    .preferred = ZC_MMAP, .plan = "mmap read-write" },
	{ { REGULAR_TO(ZC_PIPE) }, .preferred = ZC_COPY_FILE_RANGE,
	    .plan = "splice sendfile read-write" },
	{ { STREAM(ZC_PIPE, ZC_SOCKET) }, .preferred = ZC_MMAP,
	    .plan = "splice read-write" },
	{ { REGULAR_TO(ZC_SOCKET) }, .preferred = ZC_SENDFILE,
	    .flags = ZC_STABLE, .plan = "read-write" },
	{ { REGULAR_TO(ZC_SOCKET) }, .preferred = ZC_MMAP,
	    .flags = ZC_STABLE, .plan = "mmap read-write" },
	{ { REGULAR_TO(ZC_SYNTHETIC) }, .preferred = ZC_SPLICE,
	    .plan = "read-write" },
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

static unsigned number;

static void __attribute__((format(printf, 2, 3)))
report(bool ok, const char *format, ...)
{
	va_list args;

	printf("%s %u - policy: ", ok ? "ok" : "not ok", ++number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void
join(char *text, size_t size, const struct zc_plan *plan)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < plan->count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
		    i > 0 ? " " : "", zc_method_name(plan->method[i]));
}

/** Copy a plan, words with blanks between them, without what this system
 * lacks. */
static void
drop_missing(char *text, size_t size, const char *plan)
{
	char words[200], *rest = words, *word;
	size_t used = 0;

	*text = '\0';
	snprintf(words, sizeof(words), "%s", plan);
	while ((word = strsep(&rest, " ")) != NULL && used < size) {
		int method = zc_method_from_name(word);

		if (method >= 0 &&
		    zc_method_available((enum zc_method)method) == 0)
			used += (size_t)snprintf(text + used, size - used,
			    "%s%s", used > 0 ? " " : "", word);
	}
}

/** True if each method is in the plan once, or has a reason why it is not. */
static bool
is_sound(const struct zc_plan *plan)
{
	for (int m = ZC_AUTO + 1; m < ZC_METHODS; m++) {
		const char *why_not = plan->why_not[m];
		int planned = 0;

		for (size_t i = 0; i < plan->count; i++)
			planned += plan->method[i] == (enum zc_method)m;
		if (planned > 1 || (planned == 1) != (why_not == NULL) ||
		    (why_not != NULL && *why_not == '\0'))
			return false;
	}
	return true;
}

static void
check_row(const struct row *row)
{
	struct zc_ends ends = row->ends;
	struct zc_plan plan;
	char text[200], expected[200];

	drop_missing(expected, sizeof(expected), row->plan);
	/* zc_plan() must set all members. */
	memset(&plan, 0x5a, sizeof(plan));
	plan.size = sizeof(plan);
	ends.size = sizeof(ends);
	zc_plan(&plan, &ends, row->forced, row->preferred, row->flags);
	join(text, sizeof(text), &plan);
	report(strcmp(text, expected) == 0 && is_sound(&plan),
	    "%s to %s, %lld bytes%s%s%s%s%s%s%s%s%s: '%s'",
	    zc_kind_name(ends.in), zc_kind_name(ends.out),
	    (long long)ends.bytes, ends.append ? ", append" : "",
	    ends.direct ? ", direct" : "", ends.placed ? ", placed" : "",
	    ends.shared ? ", shared" : "",
	    row->flags & ZC_STABLE ? ", stable" : "",
	    row->forced != ZC_AUTO ? ", forced " : "",
	    row->forced != ZC_AUTO ? zc_method_name(row->forced) : "",
	    row->preferred != ZC_AUTO ? ", preferred " : "",
	    row->preferred != ZC_AUTO ? zc_method_name(row->preferred) : "",
	    expected);
	if (strcmp(text, expected) != 0)
		printf("# got '%s'\n", text);
}

/** True if all plans of auto for this pair are sound and end in read-write. */
static bool
pair_has_plan(enum zc_kind in, enum zc_kind out)
{
	static const int64_t sizes[] = { UNKNOWN, 0, 1, SMALL, LARGE };
	struct zc_plan plan = ZC_PLAN_INIT;
	bool ok = true;

	for (unsigned i = 0; i < 5 * 16; i++) {
		const struct zc_ends ends = { .size = sizeof(ends),
			.in = in, .out = out, .bytes = sizes[i / 16],
			.append = i & 1,
			.direct = i & 2, .placed = i & 4 };

		zc_plan(&plan, &ends, ZC_AUTO, ZC_AUTO, i & 8 ? ZC_STABLE : 0);
		ok = ok && plan.count > 0 && is_sound(&plan) &&
		    plan.method[plan.count - 1] == ZC_READ_WRITE;
	}
	return ok;
}

/** True if a forced method is the whole plan, or is refused with a reason. */
static bool
pair_forces(enum zc_kind in, enum zc_kind out)
{
	const struct zc_ends ends = { .size = sizeof(ends), .in = in,
		.out = out, .bytes = LARGE };
	struct zc_plan plan = ZC_PLAN_INIT;
	bool ok = true;

	for (int m = ZC_AUTO + 1; m < ZC_METHODS; m++) {
		enum zc_method method = (enum zc_method)m;

		zc_plan(&plan, &ends, method, ZC_AUTO, 0);
		ok = ok && is_sound(&plan) && plan.count <= 1 &&
		    (plan.count == 0 || plan.method[0] == method);
	}
	zc_plan(&plan, &ends, ZC_READ_WRITE, ZC_AUTO, 0);
	return ok && plan.count == 1;
}

int
main(void)
{
	printf("1..%zu\n", ROWS + 2 * (size_t)(ZC_KINDS * ZC_KINDS));

	for (size_t i = 0; i < ROWS; i++)
		check_row(&rows[i]);
	for (int i = 0; i < ZC_KINDS * ZC_KINDS; i++) {
		enum zc_kind in = (enum zc_kind)(i / ZC_KINDS);
		enum zc_kind out = (enum zc_kind)(i % ZC_KINDS);

		report(pair_has_plan(in, out),
		    "%s to %s: every plan ends in read-write",
		    zc_kind_name(in), zc_kind_name(out));
		report(pair_forces(in, out),
		    "%s to %s: a forced method is alone, or refused",
		    zc_kind_name(in), zc_kind_name(out));
	}
	return 0;
}
