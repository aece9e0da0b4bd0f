/*
 * glibc has had these names since 2.32.  Elsewhere there are tables, which
 * tests/unit-names.c compares with those of glibc.
 */
#include "config.h"

#include "names.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#if !defined(HAVE_STRERRORNAME_NP) || !defined(HAVE_SIGABBREV_NP)
#define FORM_TABLES
#endif

#ifdef FORM_TABLES

struct row {
	int number;
	const char *name;
};

#define ROW(name)	{ name, #name }

/* Those of POSIX and of sockets.  Where two have one number, the first
 * counts. */
static const struct row errors[] = {
	ROW(E2BIG), ROW(EACCES), ROW(EADDRINUSE), ROW(EADDRNOTAVAIL),
	ROW(EAFNOSUPPORT), ROW(EAGAIN), ROW(EALREADY), ROW(EBADF),
	ROW(EBADMSG), ROW(EBUSY), ROW(ECANCELED), ROW(ECHILD),
	ROW(ECONNABORTED), ROW(ECONNREFUSED), ROW(ECONNRESET), ROW(EDEADLK),
	ROW(EDESTADDRREQ), ROW(EDOM), ROW(EDQUOT), ROW(EEXIST), ROW(EFAULT),
	ROW(EFBIG), ROW(EHOSTDOWN), ROW(EHOSTUNREACH), ROW(EIDRM), ROW(EILSEQ),
	ROW(EINPROGRESS), ROW(EINTR), ROW(EINVAL), ROW(EIO), ROW(EISCONN),
	ROW(EISDIR), ROW(ELOOP), ROW(EMFILE), ROW(EMLINK), ROW(EMSGSIZE),
	ROW(ENAMETOOLONG), ROW(ENETDOWN), ROW(ENETRESET), ROW(ENETUNREACH),
	ROW(ENFILE), ROW(ENOBUFS), ROW(ENODATA), ROW(ENODEV), ROW(ENOENT),
	ROW(ENOEXEC), ROW(ENOLCK), ROW(ENOMEM), ROW(ENOMSG), ROW(ENOPROTOOPT),
	ROW(ENOSPC), ROW(ENOSYS), ROW(ENOTBLK), ROW(ENOTCONN), ROW(ENOTDIR),
	ROW(ENOTEMPTY), ROW(ENOTSOCK), ROW(ENOTTY), ROW(ENXIO),
	ROW(EOPNOTSUPP), ROW(ENOTSUP), ROW(EOVERFLOW), ROW(EPERM), ROW(EPIPE),
	ROW(EPROTO), ROW(EPROTONOSUPPORT), ROW(EPROTOTYPE), ROW(ERANGE),
	ROW(EROFS), ROW(ESHUTDOWN), ROW(ESPIPE), ROW(ESRCH), ROW(ESTALE),
	ROW(ETIMEDOUT), ROW(ETXTBSY), ROW(EXDEV),
#ifdef __linux__
	/* Of its disks, file systems, keys and networks. */
	ROW(ECOMM), ROW(EHWPOISON), ROW(EKEYEXPIRED), ROW(EKEYREJECTED),
	ROW(EKEYREVOKED), ROW(EMEDIUMTYPE), ROW(EMULTIHOP), ROW(ENOKEY),
	ROW(ENOLINK), ROW(ENOMEDIUM), ROW(ENONET), ROW(ENOPKG), ROW(EREMOTEIO),
	ROW(ETIME), ROW(EUCLEAN), ROW(EUSERS),
#endif
};

#define SIGNAL(name)	{ SIG##name, #name }

static const struct row signals[] = {
	SIGNAL(ABRT), SIGNAL(ALRM), SIGNAL(BUS), SIGNAL(CHLD), SIGNAL(CONT),
	SIGNAL(FPE), SIGNAL(HUP), SIGNAL(ILL), SIGNAL(INT), SIGNAL(KILL),
	SIGNAL(PIPE), SIGNAL(PROF), SIGNAL(QUIT), SIGNAL(SEGV), SIGNAL(STOP),
	SIGNAL(SYS), SIGNAL(TERM), SIGNAL(TRAP), SIGNAL(TSTP), SIGNAL(TTIN),
	SIGNAL(TTOU), SIGNAL(URG), SIGNAL(USR1), SIGNAL(USR2),
	SIGNAL(VTALRM), SIGNAL(WINCH), SIGNAL(XCPU), SIGNAL(XFSZ),
};

static const char *
find(const struct row *rows, size_t count, int number)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].number == number)
			return rows[i].name;
	return NULL;
}

const char *
names_errno(int error)
{
	return find(errors, sizeof(errors) / sizeof(*errors), error);
}

const char *
names_signal(int signal)
{
	return find(signals, sizeof(signals) / sizeof(*signals), signal);
}

#else

const char *
names_errno(int error)
{
	return strerrorname_np(error);
}

const char *
names_signal(int signal)
{
	return sigabbrev_np(signal);
}

#endif
