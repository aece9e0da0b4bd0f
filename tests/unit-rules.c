/*
 * --select: which rules are accepted, and which method they choose.
 */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/transfer/rules.h"

#define KIB	INT64_C(1024)
#define MIB	(1024 * KIB)
#define UNKNOWN	INT64_C(-1)		/* the size of a stream */

#define THREE	"64K:read-write,1M:mmap,*:sendfile"
#define ALL	"1:copy_file_range,2:sendfile,3:splice,4:mmap," \
		"5:read-write,6:reflink,7:auto"

static const struct {
	const char *rules;
	int64_t size;
	enum zc_method method;
} choices[] = {
	/* up to a limit, which is included */
	{ THREE, 0, ZC_READ_WRITE },
	{ THREE, 1, ZC_READ_WRITE },
	{ THREE, 64 * KIB - 1, ZC_READ_WRITE },
	{ THREE, 64 * KIB, ZC_READ_WRITE },
	{ THREE, 64 * KIB + 1, ZC_MMAP },
	{ THREE, MIB, ZC_MMAP },
	{ THREE, MIB + 1, ZC_SENDFILE },
	{ THREE, INT64_MAX, ZC_SENDFILE },
	{ THREE, UNKNOWN, ZC_SENDFILE },

	/* the star alone */
	{ "*:splice", 0, ZC_SPLICE },
	{ "*:splice", INT64_MAX, ZC_SPLICE },
	{ "*:splice", UNKNOWN, ZC_SPLICE },
	{ "*:auto", 5, ZC_AUTO },

	/* without a star, larger and unknown sizes get auto */
	{ "1K:mmap", KIB, ZC_MMAP },
	{ "1K:mmap", KIB + 1, ZC_AUTO },
	{ "1K:mmap", UNKNOWN, ZC_AUTO },
	{ "1K:mmap,2K:splice", 2 * KIB + 1, ZC_AUTO },

	/* each method by its name */
	{ ALL, 1, ZC_COPY_FILE_RANGE },
	{ ALL, 2, ZC_SENDFILE },
	{ ALL, 3, ZC_SPLICE },
	{ ALL, 4, ZC_MMAP },
	{ ALL, 5, ZC_READ_WRITE },
	{ ALL, 6, ZC_REFLINK },
	{ ALL, 7, ZC_AUTO },
	{ ALL, 8, ZC_AUTO },

	/* limits are written like all sizes */
	{ "0:read-write,*:splice", 0, ZC_READ_WRITE },
	{ "0:read-write,*:splice", 1, ZC_SPLICE },
	{ "1.5K:mmap,*:splice", 1536, ZC_MMAP },
	{ "1.5K:mmap,*:splice", 1537, ZC_SPLICE },
	{ "1KB:mmap,1K:splice", 1000, ZC_MMAP },
	{ "1KB:mmap,1K:splice", 1001, ZC_SPLICE },
	{ "9223372036854775807:mmap", INT64_MAX, ZC_MMAP },
	{ "9223372036854775807:mmap", UNKNOWN, ZC_AUTO },
	{ "9223372036854775807:mmap,*:splice", INT64_MAX, ZC_MMAP },
	{ "9223372036854775807:mmap,*:splice", UNKNOWN, ZC_SPLICE },

	/* a method may be in several rules */
	{ "1:mmap,2:splice,*:mmap", 1, ZC_MMAP },
	{ "1:mmap,2:splice,*:mmap", 2, ZC_SPLICE },
	{ "1:mmap,2:splice,*:mmap", 3, ZC_MMAP },
};

static const struct {
	const char *rules;
	const char *why;		/* a word of the reason */
} refusals[] = {
	/* empty rules */
	{ "", "empty" },
	{ ",", "empty" },
	{ ",*:mmap", "empty" },
	{ "*:mmap,", "empty" },
	{ "1K:mmap,,*:splice", "empty" },

	/* incomplete rules */
	{ "mmap", "':'" },
	{ "64K", "':'" },
	{ "*", "':'" },
	{ "64K:mmap,splice", "':'" },
	{ "64K:mmap;*:splice", "method" },
	{ ":", "limit" },
	{ ":mmap", "limit" },
	{ "64K:", "method" },
	{ "*:", "method" },

	/* limits */
	{ "x:mmap", "limit" },
	{ "-1:mmap", "limit" },
	{ "1.5:mmap", "limit" },
	{ "0x10:mmap", "limit" },
	{ "8E:mmap", "limit" },
	{ " 1K:mmap", "limit" },
	{ "1K:mmap, 2K:splice", "limit" },
	{ "1 K:mmap", "limit" },
	{ "**:mmap", "limit" },
	{ "*K:mmap", "limit" },
	{ "mmap:64K", "limit" },

	/* methods */
	{ "64K:foo", "method" },
	{ "64K:mma", "method" },
	{ "64K:mmapp", "method" },
	{ "64K:MMAP", "method" },
	{ "64K:mmap ", "method" },
	{ "64K: mmap", "method" },
	{ "64K:mmap:splice", "method" },
	{ "64K:read_write", "method" },
	{ "64K:*", "method" },
	{ "1K:mmap,*:foo", "method" },

	/* order */
	{ "1M:mmap,64K:splice", "grow" },
	{ "64K:mmap,64K:splice", "grow" },
	{ "1K:mmap,1024:splice", "grow" },
	{ "1K:mmap,1KB:splice", "grow" },
	{ "1:mmap,2:splice,2:mmap", "grow" },
	{ "0:mmap,0:splice", "grow" },
	{ "*:mmap,64K:splice", "last" },
	{ "*:mmap,*:splice", "last" },
	{ "1K:mmap,*:splice,2K:mmap", "last" },
};

#define CHOICES		(sizeof(choices) / sizeof(choices[0]))
#define REFUSALS	(sizeof(refusals) / sizeof(refusals[0]))
#define MANY		2000

static size_t number;

static void __attribute__((format(printf, 2, 3)))
report(bool ok, const char *format, ...)
{
	va_list args;

	printf("%s %zu - rules: ", ok ? "ok" : "not ok", ++number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static bool
chooses(const char *text, int64_t size, enum zc_method method)
{
	const char *why = "untouched";
	struct rules *rules = rules_parse(text, &why);
	bool ok = rules != NULL && rules_choose(rules, size) == method;

	rules_free(rules);
	return ok;
}

static bool
refuses(const char *text, const char *word)
{
	const char *why = NULL;
	struct rules *rules = rules_parse(text, &why);
	bool ok = rules == NULL && why != NULL && strstr(why, word) != NULL;

	rules_free(rules);
	return ok;
}

/** Return "1:mmap,2:mmap,...,*:splice". */
static char *
many_rules(void)
{
	const size_t room = MANY * sizeof("2000:mmap,") + sizeof("*:splice");
	char *text = malloc(room), *end = text;

	if (text == NULL)
		abort();
	for (int i = 1; i <= MANY; i++)
		end += sprintf(end, "%d:mmap,", i);
	strcpy(end, "*:splice");
	return text;
}

static void
check_many(void)
{
	char *text = many_rules();

	report(chooses(text, MANY, ZC_MMAP), "the last of many rules is found");
	report(chooses(text, MANY + 1, ZC_SPLICE),
	    "the star after many rules is found");
	free(text);
}

/** The caller's text is only read: it may be in read-only memory. */
static void
check_text_is_kept(void)
{
	char text[] = THREE;
	const char *why;

	rules_free(rules_parse(text, &why));
	report(strcmp(text, THREE) == 0, "the text is only read");
}

int
main(void)
{
	printf("1..%zu\n", CHOICES + REFUSALS + 4);

	for (size_t i = 0; i < CHOICES; i++)
		report(chooses(choices[i].rules, choices[i].size,
		    choices[i].method), "'%s' chooses %s for %" PRId64,
		    choices[i].rules, zc_method_name(choices[i].method),
		    choices[i].size);
	for (size_t i = 0; i < REFUSALS; i++)
		report(refuses(refusals[i].rules, refusals[i].why),
		    "'%s' is refused: %s", refusals[i].rules, refusals[i].why);

	check_many();
	check_text_is_kept();
	rules_free(NULL);
	report(true, "NULL can be freed");
	return 0;
}
