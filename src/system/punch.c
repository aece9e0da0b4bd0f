/*
 * holes_punch() of systems other than Linux.  Each system needs one form;
 * tests/unit-punch-forms.c compiles all of them against stand-ins for the
 * system's own call.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(F_PUNCHHOLE)
#define FORM_MACOS
#elif defined(SPACECTL_DEALLOC)		/* FreeBSD 14 */
#define FORM_FREEBSD
#elif defined(F_FREESP)
#define FORM_ILLUMOS
#elif !defined(__linux__)
#define FORM_NONE
#endif

#include "holes.h"

#ifdef FORM_MACOS
/** It takes whole blocks of the file system only, else EINVAL. */
int
holes_punch(int fd, int64_t at, int64_t size)
{
	struct fpunchhole hole = { .fp_offset = at, .fp_length = size };

	return fcntl(fd, F_PUNCHHOLE, &hole) < 0 ? -1 : 0;
}
#endif

#ifdef FORM_FREEBSD
/** The call says what it has left undone, and refuses a length of 0. */
int
holes_punch(int fd, int64_t at, int64_t size)
{
	struct spacectl_range hole = { .r_offset = at, .r_len = size };
	off_t before;

	while (hole.r_len > 0) {
		before = hole.r_len;
		if (fspacectl(fd, SPACECTL_DEALLOC, &hole, 0, &hole) < 0)
			return -1;
		if (hole.r_len == before) {
			errno = EOPNOTSUPP;
			return -1;
		}
	}
	return 0;
}
#endif

#ifdef FORM_ILLUMOS
/** Keep within the file: beyond its end the call would grow it, and a length of
 * 0 would mean all that follows, which it cuts off. */
int
holes_punch(int fd, int64_t at, int64_t size)
{
	struct flock hole = { .l_whence = SEEK_SET, .l_start = at };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	hole.l_len = MIN(size, st.st_size - at);
	return hole.l_len > 0 && fcntl(fd, F_FREESP, &hole) < 0 ? -1 : 0;
}
#endif

#ifdef FORM_NONE
int
holes_punch(int fd, int64_t at, int64_t size)
{
	(void)fd;
	(void)at;
	(void)size;
	errno = EOPNOTSUPP;
	return -1;
}
#endif
