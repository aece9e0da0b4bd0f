/*
 * src/system/sendfile.c: each form, against a stand-in for the call of its
 * system.  A stand-in sends, counts and fails as a row of a script says, the
 * way the man page of that system has it.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define SIZE	1000			/* of the file */
#define GARBAGE	77			/* where a count means nothing */

/* What the system's call does next. */
static struct {
	off_t sent;			/* it sends so many bytes, in truth */
	int error;			/* and fails, or 0 */
	bool garbage;			/* and does not say how many it sent */
	int calls;
	off_t start;			/* it was asked to begin there */
	int64_t asked;			/* for so many bytes */
	int from, to;
} now;

static int
call(int from, int to, off_t start, int64_t asked)
{
	now.calls++;
	now.from = from;
	now.to = to;
	now.start = start;
	now.asked = asked;
	errno = now.error;
	return now.error != 0 ? -1 : 0;
}

static int
freebsd(int from, int to, off_t start, size_t count, void *hdtr, off_t *sbytes,
    int flags)
{
	if (hdtr != NULL || flags != 0 || *sbytes != 0)
		abort();
	*sbytes = now.garbage ? GARBAGE : now.sent;
	return call(from, to, start, (int64_t)count);
}

static int
macos(int from, int to, off_t start, off_t *length, void *hdtr, int flags)
{
	const off_t asked = *length;

	if (hdtr != NULL || flags != 0)
		abort();
	/* After other errors it is what was asked for, as before. */
	if (!now.garbage)
		*length = now.sent;
	return call(from, to, start, asked);
}

static ssize_t
illumos(int to, int from, off_t *at, size_t count)
{
	const off_t start = *at;

	*at += now.sent;
	if (call(from, to, start, (int64_t)count) < 0)
		return -1;
	return now.garbage ? 0 : (ssize_t)now.sent;
}

ssize_t by_freebsd(int to, int from, off_t *at, size_t max);
ssize_t by_macos(int to, int from, off_t *at, size_t max);
ssize_t by_illumos(int to, int from, off_t *at, size_t max);

#define FORM_FREEBSD
#define sendfile	freebsd
#define zc__sendfile	by_freebsd
#define start_of	start_of_freebsd
#define counted		counted_freebsd
#include "../src/system/sendfile.c"
#undef FORM_FREEBSD
#undef sendfile
#undef zc__sendfile
#undef start_of
#undef counted

#define FORM_MACOS
#define sendfile	macos
#define zc__sendfile	by_macos
#define start_of	start_of_macos
#define counted		counted_macos
#include "../src/system/sendfile.c"
#undef FORM_MACOS
#undef sendfile
#undef zc__sendfile
#undef start_of
#undef counted

#define FORM_ILLUMOS
#define sendfile	illumos
#define zc__sendfile	by_illumos
#define start_of	start_of_illumos
#define counted		counted_illumos
#include "../src/system/sendfile.c"

enum { FREEBSD = 1, MACOS = 2, ILLUMOS = 4, BSD = FREEBSD | MACOS,
	ALL = BSD | ILLUMOS };

static const struct {
	const char *name;
	unsigned forms;			/* that have this case */
	off_t start;
	size_t max;
	off_t sent;
	int error;
	bool garbage;
	ssize_t result;			/* that is expected */
	int calls;
} cases[] = {
	{ "all is sent", ALL, 10, 100, 100, 0, false, 100, 1 },
	{ "less than that is sent", ALL, 10, 100, 40, 0, false, 40, 1 },
	{ "the end of the file", ALL, SIZE, 100, 0, 0, false, 0, 1 },
	{ "EAGAIN, nothing sent", ALL, 0, 100, 0, EAGAIN, false, -1, 1 },
	{ "EAGAIN, some sent", ALL, 0, 100, 30, EAGAIN, false, 30, 1 },
	{ "EINTR, nothing sent", ALL, 5, 100, 0, EINTR, false, -1, 1 },
	{ "EINTR, some sent", ALL, 5, 100, 1, EINTR, false, 1, 1 },
	{ "EBUSY, some sent", FREEBSD, 5, 100, 60, EBUSY, false, 60, 1 },
	{ "EBUSY, nothing sent", FREEBSD, 5, 100, 0, EBUSY, false, -1, 1 },
	{ "EPIPE, the count means nothing", BSD, 5, 100, 0, EPIPE, true, -1,
	    1 },
	{ "ENOTSOCK", ALL, 0, 100, 0, ENOTSOCK, false, -1, 1 },
	{ "EINVAL", BSD, 0, 100, 0, EINVAL, true, -1, 1 },
	{ "EINVAL before the end, nothing sent", ILLUMOS, 0, 100, 0, EINVAL,
	    false, -1, 1 },
	{ "EINVAL before the end, some sent", ILLUMOS, 900, 200, 100, EINVAL,
	    false, 100, 1 },
	{ "EINVAL at the end", ILLUMOS, SIZE, 100, 0, EINVAL, false, 0, 1 },
	{ "EINVAL beyond the end", ILLUMOS, SIZE + 5, 100, 0, EINVAL, false,
	    0, 1 },
	{ "EPIPE, some sent", ILLUMOS, 0, 100, 10, EPIPE, false, 10, 1 },
	{ "returns 0, some sent", ILLUMOS, 0, 100, 10, 0, true, 10, 1 },
	/* 0 would mean all of the file. */
	{ "nothing is asked for", BSD, 0, 0, 0, 0, false, 0, 0 },
};

static const struct {
	const char *name;
	unsigned form;
	ssize_t (*send)(int to, int from, off_t *at, size_t max);
} forms[] = {
	{ "FreeBSD", FREEBSD, by_freebsd },
	{ "macOS", MACOS, by_macos },
	{ "illumos", ILLUMOS, by_illumos },
};

static int number;

static void
check(bool ok, const char *form, const char *name, const char *where)
{
	printf("%sok %d - %s: %s (%s)\n", ok ? "" : "not ", ++number, form,
	    name, where);
}

/** Run one case.  `positioned`: the offset is the position of the file. */
static void
run(size_t form, size_t i, int file, bool positioned)
{
	const off_t moved = cases[i].result > 0 ? cases[i].result : 0;
	off_t at = cases[i].start;
	ssize_t n;

	memset(&now, 0, sizeof(now));
	now.sent = cases[i].sent;
	now.error = cases[i].error;
	now.garbage = cases[i].garbage;
	lseek(file, positioned ? at : 3, SEEK_SET);
	errno = 0;
	n = forms[form].send(42, file, positioned ? NULL : &at, cases[i].max);
	check(n == cases[i].result &&
	    (n >= 0 || errno == cases[i].error) &&
	    now.calls == cases[i].calls &&
	    (now.calls == 0 || (now.from == file && now.to == 42 &&
	    now.start == cases[i].start &&
	    now.asked == (int64_t)cases[i].max)) &&
	    at == cases[i].start + (positioned ? 0 : moved) &&
	    lseek(file, 0, SEEK_CUR) ==
	    (positioned ? cases[i].start + moved : 3),
	    forms[form].name, cases[i].name,
	    positioned ? "at the position" : "at an offset");
}

/** What sendfile_available() of the method relies on. */
static void
check_bad_descriptor(size_t form)
{
	errno = 0;
	check(forms[form].send(-1, -1, NULL, 0) == -1 && errno == EBADF,
	    forms[form].name, "no file", "EBADF");
}

int
main(void)
{
	FILE *file = tmpfile();

	if (file == NULL || ftruncate(fileno(file), SIZE) < 0)
		return 99;
	for (size_t form = 0; form < sizeof(forms) / sizeof(*forms); form++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			if (!(cases[i].forms & forms[form].form))
				continue;
			run(form, i, fileno(file), false);
			run(form, i, fileno(file), true);
		}
		check_bad_descriptor(form);
	}
	printf("1..%d\n", number);
	return 0;
}
