/*
 * --no-cache on a system that drops no pages: F_NOCACHE of macOS, against a
 * stand-in for fcntl(2), if zcopy may set that and the method heeds it;
 * otherwise a note says that data stays in the page cache.
 */
#include "config.h"

#include <sys/uio.h>

#include "lib-job.h"

#include "../src/base/diag.h"
#include "../src/endpoint/endpoint.h"
#include "../src/system/filesystem.h"
#include "../src/system/page-cache.h"
#include "../src/transfer/rules.h"

#undef F_NOCACHE
#define F_NOCACHE	48		/* that of macOS */

static struct {
	int error;			/* fcntl(2) fails with this, or 0 */
	int calls;			/* of fcntl(2), with these arguments: */
	int fd, command, argument;
	char notes[200];		/* texts that were printed */
} mac;

static int
mac_fcntl(int fd, int command, int argument)
{
	mac.calls++;
	mac.fd = fd;
	mac.command = command;
	mac.argument = argument;
	errno = mac.error;
	return mac.error != 0 ? -1 : 0;
}

static int
drops_nothing(int fd)
{
	(void)fd;
	errno = ENOSYS;
	return -1;
}

/** preadv2(2) and pwritev2(2) do not exist there; nor do they with some C
 * libraries here, and then nobody calls this. */
__attribute__((unused)) static ssize_t
no_such_call(int fd, const struct iovec *view, int count, off_t at, int flags)
{
	(void)fd;
	(void)view;
	(void)count;
	(void)at;
	(void)flags;
	errno = ENOSYS;
	return -1;
}

/** The files here are on tmpfs; those that these stand for are not. */
static enum filesystem
mac_filesystem_of(int fd)
{
	(void)fd;
	return FILESYSTEM_OTHER;
}

__attribute__((format(printf, 1, 2))) static void
take_note(const char *format, ...)
{
	const size_t used = strlen(mac.notes);
	va_list more;

	va_start(more, format);
	vsnprintf(mac.notes + used, sizeof(mac.notes) - used, format, more);
	va_end(more);
}

#include "lib-elsewhere.h"

#define fcntl		mac_fcntl
#define preadv2		no_such_call
#define pwritev2	no_such_call
#include "../src/system/uncached.c"
#undef fcntl

#define page_cache_check_drop	drops_nothing
#define diag_note		take_note
#define filesystem_of		mac_filesystem_of
#define keep			keep_pages	/* lib-job.h has one, too */
#include "../src/transfer/cache.c"

#define NOTE	"x: --no-cache: data stays in the page cache, because the " \
	"kernel does not drop it: "

static const struct {
	const char *name;
	enum role role;
	bool inherited;
	enum zc_method method;
	bool rules;			/* --select */
	int error;			/* of fcntl(2) */
	bool sets;			/* F_NOCACHE is tried */
} cases[] = {
	{ "SOURCE", ROLE_SOURCE, false, ZC_AUTO, false, 0, true },
	{ "SOURCE, by read-write", ROLE_SOURCE, false, ZC_READ_WRITE, false, 0,
	    true },
	{ "SOURCE, by mmap", ROLE_SOURCE, false, ZC_MMAP, false, 0, false },
	{ "SOURCE, with rules", ROLE_SOURCE, false, ZC_AUTO, true, 0, false },
	{ "SOURCE, inherited", ROLE_SOURCE, true, ZC_AUTO, false, 0, false },
	{ "SOURCE, where it is refused", ROLE_SOURCE, false, ZC_AUTO, false,
	    ENOTTY, true },
	{ "DEST", ROLE_DEST, false, ZC_AUTO, false, 0, true },
	{ "DEST, by mmap", ROLE_DEST, false, ZC_MMAP, false, 0, true },
	{ "DEST, inherited", ROLE_DEST, true, ZC_AUTO, false, 0, false },
	{ "DEST, where it is refused", ROLE_DEST, false, ZC_AUTO, false,
	    ENOTTY, true },
};

static bool
is_kept_out(size_t i)
{
	const bool works = cases[i].sets && cases[i].error == 0;
	const char *why;
	struct rules *rules = cases[i].rules ? rules_parse("*:mmap", &why) :
	    NULL;
	const struct options options = { .no_cache = true, .bytes = ZC_TO_END,
		.method = cases[i].method, .rules = rules };
	const struct endpoint ep = { .name = "x", .role = cases[i].role,
		.inherited = cases[i].inherited, .options = &options,
		.fd = file_of(content, BLOCK) };
	struct cache cache = { .ep = NULL };

	memset(&mac, 0, sizeof(mac));
	mac.error = cases[i].error;
	CHECK(cases[i].rules == (rules != NULL));
	CHECK(cache_begin(&cache, &ep, 0) == STATUS_OK);
	CHECK(mac.calls == cases[i].sets);
	CHECK(mac.calls == 0 || (mac.fd == ep.fd &&
	    mac.command == F_NOCACHE && mac.argument == 1));
	CHECK(cache.uncached == works);
	if (works)
		CHECK(mac.notes[0] == '\0');
	else
		CHECK(strncmp(mac.notes, NOTE, strlen(NOTE)) == 0);
	/* Once is enough: resume() looks at DEST first. */
	CHECK(cache_begin(&cache, &ep, 0) == STATUS_OK);
	CHECK(mac.calls == cases[i].sets && (works ||
	    strstr(mac.notes + strlen(NOTE), NOTE) == NULL));
	CHECK(cache_follow(&cache, (int64_t)BLOCK) == STATUS_OK);
	CHECK(cache_end(&cache) == STATUS_OK);
	rules_free(rules);
	return true;
}

int
main(void)
{
	begin();
	for (size_t i = 0; i < COUNT(cases); i++)
		CASE(is_kept_out(i), "--no-cache on macOS: %s", cases[i].name);
	finish();
	return 0;
}
