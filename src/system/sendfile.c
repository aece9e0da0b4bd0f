/*
 * sendfile(2) of other systems.  Each needs one form;
 * tests/unit-sendfile-forms.c compiles all of them against stand-ins for the
 * system's own call.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#if defined(__FreeBSD__) || defined(__DragonFly__)
#include <sys/uio.h>
#define FORM_FREEBSD
#elif defined(__APPLE__)
#include <sys/uio.h>
#define FORM_MACOS
#elif defined(__sun)
#include <sys/sendfile.h>
#define FORM_ILLUMOS
#endif

#include "sendfile.h"

#if defined(FORM_FREEBSD) || defined(FORM_MACOS) || defined(FORM_ILLUMOS)

/** Return the offset of the first byte, or -1 with errno. */
static off_t
start_of(int from, const off_t *at)
{
	return at != NULL ? *at : lseek(from, 0, SEEK_CUR);
}

/** Count what was sent: none of these calls moves the position itself. */
static ssize_t
counted(int from, off_t *at, off_t end, off_t sent)
{
	if (at != NULL)
		*at = end;
	else if (lseek(from, end, SEEK_SET) < 0)
		return -1;
	return (ssize_t)sent;
}
#endif

#ifdef FORM_FREEBSD
/** After EAGAIN, EINTR and EBUSY *sbytes may be more than 0.  DragonFly leaves
 * it undefined after other errors.  EBUSY comes only with SF_NODISKIO. */
ssize_t
zc__sendfile(int to, int from, off_t *at, size_t max)
{
	const off_t start = start_of(from, at);
	off_t sent = 0;

	if (start < 0)
		return -1;
	if (max == 0)
		return 0;		/* it would send all of the file */
	if (sendfile(from, to, start, max, NULL, &sent, 0) < 0 &&
	    ((errno != EAGAIN && errno != EINTR && errno != EBUSY) ||
	    sent <= 0))
		return -1;
	return counted(from, at, start + sent, sent);
}
#endif

#ifdef FORM_MACOS
/** `length` says how much to send, and then how much was sent, also after
 * EAGAIN and EINTR.  After other errors it means nothing. */
ssize_t
zc__sendfile(int to, int from, off_t *at, size_t max)
{
	const off_t start = start_of(from, at);
	off_t length = (off_t)max;

	if (start < 0)
		return -1;
	if (max == 0)
		return 0;		/* it would send all of the file */
	if (sendfile(from, to, start, &length, NULL, 0) < 0 &&
	    ((errno != EAGAIN && errno != EINTR) || length <= 0))
		return -1;
	return counted(from, at, start + length, length);
}
#endif

#ifdef FORM_ILLUMOS
/** True if the file ends at this offset or before it. */
static bool
ends_before(int from, off_t offset)
{
	struct stat st;

	return fstat(from, &st) == 0 && S_ISREG(st.st_mode) &&
	    offset >= st.st_size;
}

/** Only the offset tells how much was sent: the call may fail after that, with
 * EINVAL too, or return another number.  EINVAL with nothing sent is also the
 * end of the file. */
ssize_t
zc__sendfile(int to, int from, off_t *at, size_t max)
{
	const off_t start = start_of(from, at);
	off_t end = start;
	ssize_t n;

	if (start < 0)
		return -1;
	n = sendfile(to, from, &end, max);
	if (end > start)
		return counted(from, at, end, end - start);
	if (n < 0 && errno == EINVAL && ends_before(from, start))
		return 0;
	return n < 0 ? -1 : 0;
}
#endif
