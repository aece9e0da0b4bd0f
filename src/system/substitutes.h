/*
 * Substitutes for calls and constants that Linux with glibc has, and others
 * lack.  config.h includes this file there, so that other files need not know.
 *
 * A constant for something that cannot be had is 0, or makes the call fail with
 * an error that its callers expect.  Each function does what its man page on
 * Linux says, except where src/system/substitutes.c says otherwise.  The names
 * begin with zc__, because libzcopy has them, too.
 */
#ifndef SYSTEM_SUBSTITUTES_H
#define SYSTEM_SUBSTITUTES_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#ifdef __APPLE__
#include <xlocale.h>
#include <langinfo.h>
#endif

/* Linux with another C library has all constants, but <linux/tcp.h> cannot be
 * used beside <netinet/tcp.h> there. */
#ifndef __linux__
#include <netinet/in.h>
#include <netinet/tcp.h>

/* Flags of open(2) and fcntl(2). */

#ifndef O_DIRECT
#define O_DIRECT	0
#endif

/* With O_EVTONLY macOS opens a descriptor that is only for fstat(2) and the
 * like.  Elsewhere it can be read as well; O_NOCTTY makes the flags differ from
 * O_RDONLY.  F_GETFL never reports O_NOCTTY, so no descriptor is taken for an
 * O_PATH one. */
#ifndef O_PATH
#ifdef O_EVTONLY
#define O_PATH		O_EVTONLY
#else
#define O_PATH		(O_RDONLY | O_NOCTTY)
#endif
#endif

/* A directory cannot be opened for writing: EISDIR, as on a file system that
 * has no O_TMPFILE. */
#ifndef O_TMPFILE
#define O_TMPFILE	O_DIRECTORY
#endif

/* linkat(2) from "": ENOENT. */
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH	0
#endif

/* No such request: EINVAL. */
#ifndef F_GETPIPE_SZ
#define F_GETPIPE_SZ	(-1)
#define F_SETPIPE_SZ	(-1)
#endif

/* FreeBSD. */
#ifndef ENODATA
#define ENODATA		ENOATTR
#endif

/* Sockets. */

#ifndef MSG_MORE
#define MSG_MORE	0
#endif

/* TCP_NOPUSH sends the rest when it is cleared, as TCP_CORK does. */
#ifndef TCP_CORK
#define TCP_CORK	TCP_NOPUSH
#endif

/* No such option: ENOPROTOOPT. */
#ifndef TCP_CONGESTION
#define TCP_CONGESTION	(-1)
#endif

/* No socket is of this family. */
#ifndef AF_VSOCK
#define AF_VSOCK	(-1)
#endif

#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC	0x10000000
#define SOCK_NONBLOCK	0x20000000
#define socket(domain, type, protocol) \
	zc__socket((domain), (type), (protocol))
#define socketpair(domain, type, protocol, fds) \
	zc__socketpair((domain), (type), (protocol), (fds))
int zc__socket(int domain, int type, int protocol);
int zc__socketpair(int domain, int type, int protocol, int fds[2]);
#endif

#endif

#ifndef HAVE_ACCEPT4
#define accept4		zc__accept4
int accept4(int fd, struct sockaddr *, socklen_t *length, int flags);
#endif

/* Descriptors and files. */

#ifndef HAVE_DUP3
#define dup3		zc__dup3
int dup3(int from, int to, int flags);
#endif

#ifndef HAVE_PIPE2
#define pipe2		zc__pipe2
int pipe2(int fds[2], int flags);
#endif

#ifndef HAVE_POSIX_FADVISE
#define POSIX_FADV_SEQUENTIAL	2
#define POSIX_FADV_WILLNEED	3
#define POSIX_FADV_DONTNEED	4
#define posix_fadvise	zc__posix_fadvise
int posix_fadvise(int fd, off_t from, off_t length, int advice);
#endif

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE	1
#endif
#ifndef HAVE_RENAMEAT2
#define renameat2	zc__renameat2
int renameat2(int dir, const char *from, int to_dir, const char *to,
    unsigned flags);
#endif

#ifndef HAVE_SYNCFS
#define syncfs		zc__syncfs
int syncfs(int fd);
#endif

/* On macOS fsync(2) leaves the data in the disk's own cache. */
#ifdef F_FULLFSYNC
#define fsync		zc__fsync
#define fdatasync	zc__fsync
int zc__fsync(int fd);
#endif

#if defined(__APPLE__)
#define st_atim		st_atimespec
#define st_mtim		st_mtimespec
#define st_ctim		st_ctimespec
#endif

/* Time, signals and threads. */

#ifndef timespeccmp
#define timespeccmp(a, b, cmp) ((a)->tv_sec == (b)->tv_sec ? \
	(a)->tv_nsec cmp (b)->tv_nsec : (a)->tv_sec cmp (b)->tv_sec)
#endif

/* Only timer_create(2) sends SIGRTMIN.  Without it signals.c uses setitimer(2),
 * which sends SIGALRM.  NSIG is one more than the last signal. */
#ifndef SIGRTMIN
#define SIGRTMIN	SIGUSR2
#define SIGRTMAX	(NSIG - 1)
#endif
#ifndef HAVE_TIMER_CREATE
#define timer_t		zc__timer_t
#define itimerspec	zc__itimerspec
#define timer_create	zc__timer_create
#define timer_settime	zc__timer_settime
typedef int timer_t;
struct itimerspec {
	struct timespec it_interval, it_value;
};
int timer_create(clockid_t, struct sigevent *, timer_t *);
int timer_settime(timer_t, int flags, const struct itimerspec *,
    struct itimerspec *old);
#endif

#ifndef HAVE_PPOLL
#define ppoll		zc__ppoll
int ppoll(struct pollfd *, nfds_t count, const struct timespec *timeout,
    const sigset_t *mask);
#endif

#ifndef HAVE_PTHREAD_CONDATTR_SETCLOCK
#define pthread_condattr_setclock	zc__condattr_setclock
#define pthread_cond_timedwait		zc__cond_timedwait
int pthread_condattr_setclock(pthread_condattr_t *, clockid_t);
int pthread_cond_timedwait(pthread_cond_t *, pthread_mutex_t *,
    const struct timespec *until);
#endif

/* macOS has only named semaphores. */
#ifndef HAVE_SEM_TIMEDWAIT
#define sem_t		zc__sem_t
#define sem_init	zc__sem_init
#define sem_destroy	zc__sem_destroy
#define sem_post	zc__sem_post
#define sem_wait	zc__sem_wait
#define sem_trywait	zc__sem_trywait
#define sem_timedwait	zc__sem_timedwait
typedef struct {
	int fds[2];
} sem_t;
int sem_init(sem_t *, int shared, unsigned value);
int sem_destroy(sem_t *);
int sem_post(sem_t *);
int sem_wait(sem_t *);
int sem_trywait(sem_t *);
int sem_timedwait(sem_t *, const struct timespec *until);
#endif

/* Users. */

#ifndef HAVE_SETRESUID
#define setresuid	zc__setresuid
#define setresgid	zc__setresgid
int setresuid(uid_t real, uid_t effective, uid_t saved);
int setresgid(gid_t real, gid_t effective, gid_t saved);
#endif

/* Memory and random numbers. */

#ifndef HAVE_REALLOCARRAY
#define reallocarray	zc__reallocarray
void *reallocarray(void *, size_t count, size_t size);
#endif

#ifndef HAVE_GETRANDOM
#define GRND_NONBLOCK	0
#define getrandom	zc__getrandom
ssize_t getrandom(void *, size_t size, unsigned flags);
#endif

#endif
