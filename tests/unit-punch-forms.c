/*
 * holes_punch() of other systems, against a stand-in for the call of each: it
 * releases or refuses as the man page of that system says, and does to the file
 * here what the other system would do to it there.
 */
#include "config.h"

#include <sys/param.h>
#include <sys/stat.h>

#include "lib-job.h"

#define SIZE	INT64_C(100000)		/* of the file */
#define UNIT	4096			/* a block of its file system */

static struct {
	int64_t each;			/* bytes that a call can do, or 0 */
	int error;			/* the call fails with this, or 0 */
	int error_at;			/* the call that fails, from 1 on */
	int calls;
} now;

/** Make zeros of a range that is within the file. */
static void
clear(int fd, int64_t from, int64_t to)
{
	static const char zeros[SIZE];
	struct stat st;

	if (fstat(fd, &st) < 0)
		give_up("fstat");
	to = MIN(to, st.st_size);
	if (from < to && pwrite(fd, zeros, (size_t)(to - from), from) !=
	    to - from)
		give_up("pwrite");
}

static int
fails(int error)
{
	errno = error;
	return -1;
}

/** True if this call is the one that is to fail. */
static bool
is_to_fail(void)
{
	now.calls++;
	errno = now.error;
	return now.error != 0 && now.calls == now.error_at;
}

/* macOS: fcntl(2). */
#undef F_PUNCHHOLE
#define F_PUNCHHOLE	99
struct fpunchhole {
	unsigned int fp_flags;
	unsigned int reserved;
	off_t fp_offset;
	off_t fp_length;
};

static int
mac_fcntl(int fd, int command, struct fpunchhole *hole)
{
	if (is_to_fail())
		return -1;
	if (command != F_PUNCHHOLE || hole->fp_flags != 0 ||
	    hole->reserved != 0 || hole->fp_offset % UNIT != 0 ||
	    hole->fp_length % UNIT != 0)
		return fails(EINVAL);
	clear(fd, hole->fp_offset, hole->fp_offset + hole->fp_length);
	return 0;
}

/* FreeBSD 14: fspacectl(2). */
#undef SPACECTL_DEALLOC
#define SPACECTL_DEALLOC	1
struct spacectl_range {
	off_t r_offset;
	off_t r_len;
};

static int
fspacectl(int fd, int command, const struct spacectl_range *asked, int flags,
    struct spacectl_range *left)
{
	const struct spacectl_range range = *asked;
	const int64_t done = MIN(range.r_len, now.each);

	if (is_to_fail())
		return -1;
	if (command != SPACECTL_DEALLOC || flags != 0 || range.r_offset < 0 ||
	    range.r_len <= 0)
		return fails(EINVAL);
	clear(fd, range.r_offset, range.r_offset + done);
	left->r_offset = range.r_offset + done;
	left->r_len = range.r_len - done;
	return 0;
}

/* illumos: fcntl(2) as ZFS has it: it grows the file, and a length of 0 is all
 * the rest, which it cuts off. */
#undef F_FREESP
#define F_FREESP	11

static int
sun_fcntl(int fd, int command, const struct flock *hole)
{
	struct stat st;

	if (is_to_fail())
		return -1;
	if (command != F_FREESP || hole->l_whence != SEEK_SET ||
	    fstat(fd, &st) < 0)
		return fails(EINVAL);
	if (hole->l_len == 0)
		return ftruncate(fd, hole->l_start);
	if (hole->l_start + hole->l_len > st.st_size &&
	    ftruncate(fd, hole->l_start + hole->l_len) < 0)
		return -1;
	clear(fd, hole->l_start, hole->l_start + hole->l_len);
	return 0;
}

int by_macos(int fd, int64_t at, int64_t size);
int by_freebsd(int fd, int64_t at, int64_t size);
int by_illumos(int fd, int64_t at, int64_t size);

#define holes_punch	by_macos
#define fcntl		mac_fcntl
#include "../src/system/punch.c"
#undef FORM_MACOS
#undef F_PUNCHHOLE
#undef fcntl
#undef holes_punch

#define holes_punch	by_freebsd
#include "../src/system/punch.c"
#undef FORM_FREEBSD
#undef SPACECTL_DEALLOC
#undef holes_punch

#define holes_punch	by_illumos
#define fcntl		sun_fcntl
#include "../src/system/punch.c"
#undef fcntl

enum { MACOS = 1, FREEBSD = 2, ILLUMOS = 4, ALL = 7 };

static const struct {
	const char *name;
	unsigned form;
	int (*punch)(int fd, int64_t at, int64_t size);
} forms[] = {
	{ "macOS", MACOS, by_macos },
	{ "FreeBSD", FREEBSD, by_freebsd },
	{ "illumos", ILLUMOS, by_illumos },
};

static const struct {
	const char *name;
	unsigned forms;			/* that have this case */
	int64_t at, size;
	int64_t each;			/* as in `now`; 0: all */
	int error, error_at;
	int result;			/* errno that is expected, or 0 */
	int calls;
} cases[] = {
	{ "whole blocks", ALL, UNIT, 4 * UNIT, 0, 0, 0, 0, 1 },
	{ "parts of blocks", FREEBSD | ILLUMOS, 77, 5000, 0, 0, 0, 0, 1 },
	{ "parts of blocks", MACOS, 77, 5000, 0, 0, 0, EINVAL, 1 },
	{ "in several calls", FREEBSD, UNIT, 4 * UNIT, UNIT, 0, 0, 0, 4 },
	{ "a part, then nothing", FREEBSD, 0, UNIT, -1, 0, 0, EOPNOTSUPP, 1 },
	{ "a part, then a signal", FREEBSD, 0, 4 * UNIT, UNIT, EINTR, 3, EINTR,
	    3 },
	{ "the end of the file", ILLUMOS, 24 * UNIT, 10 * UNIT, 0, 0, 0, 0, 1 },
	{ "at the end", ILLUMOS, SIZE, UNIT, 0, 0, 0, 0, 0 },
	{ "beyond the end", ILLUMOS, SIZE + 77, UNIT, 0, 0, 0, 0, 0 },
	{ "nothing", FREEBSD | ILLUMOS, UNIT, 0, 0, 0, 0, 0, 0 },
	{ "a file system that cannot", ALL, 0, UNIT, 0, EOPNOTSUPP, 1,
	    EOPNOTSUPP, 1 },
};

/** Run one case.  If it succeeds, zeros have taken the place of the range, as
 * far as the file has it; else they may have taken that of a part. */
static bool
punches(size_t form, size_t i)
{
	static unsigned char data[2 * SIZE];
	const int fd = file_of(content, SIZE);
	const int64_t at = cases[i].at, end = at + cases[i].size;
	int result;

	memset(&now, 0, sizeof(now));
	now.each = cases[i].each == 0 ? INT64_MAX : MAX(cases[i].each, 0);
	now.error = cases[i].error;
	now.error_at = cases[i].error_at;
	result = forms[form].punch(fd, at, cases[i].size);
	CHECK(result == (cases[i].result != 0 ? -1 : 0));
	CHECK(result == 0 || errno == cases[i].result);
	CHECK(now.calls == cases[i].calls);
	CHECK(pread(fd, data, sizeof(data), 0) == SIZE);
	for (int64_t byte = 0; byte < SIZE; byte++) {
		const bool within = byte >= at && byte < end;

		if (data[byte] == content[byte] && (!within || result < 0))
			continue;
		CHECK(within && data[byte] == 0);
	}
	return true;
}

int
main(void)
{
	begin();
	for (size_t form = 0; form < COUNT(forms); form++)
		for (size_t i = 0; i < COUNT(cases); i++)
			if (cases[i].forms & forms[form].form)
				CASE(punches(form, i), "a hole on %s: %s",
				    forms[form].name, cases[i].name);
	finish();
	return 0;
}
