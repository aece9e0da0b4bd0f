#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A function is compiled if substitutes.h, which config.h includes, defines its
 * name.  Those that set FD_CLOEXEC with a second call leave a moment in which
 * another thread could fork(2); no thread of zcopy does. */

#ifdef SYSTEM_SUBSTITUTES_H

#ifndef __linux__
/** Set FD_CLOEXEC and O_NONBLOCK.  Return fd; or, having closed it, -1 with
 * errno. */
static int
flagged(int fd, bool cloexec, bool nonblock)
{
	int flags, error;

	if (fd < 0)
		return -1;
	flags = nonblock ? fcntl(fd, F_GETFL) : 0;
	if (flags >= 0 &&
	    (!nonblock || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0) &&
	    (!cloexec || fcntl(fd, F_SETFD, FD_CLOEXEC) == 0))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/** The same for two. */
static int
flagged_pair(int fds[2], bool cloexec, bool nonblock)
{
	if (flagged(fds[0], cloexec, nonblock) < 0) {
		close(fds[1]);
		return -1;
	}
	if (flagged(fds[1], cloexec, nonblock) < 0) {
		close(fds[0]);
		return -1;
	}
	return 0;
}
#endif

#ifdef socket
#define TYPES	(SOCK_CLOEXEC | SOCK_NONBLOCK)

int
zc__socket(int domain, int type, int protocol)
{
	return flagged((socket)(domain, type & ~TYPES, protocol),
	    (type & SOCK_CLOEXEC) != 0, (type & SOCK_NONBLOCK) != 0);
}

int
zc__socketpair(int domain, int type, int protocol, int fds[2])
{
	if ((socketpair)(domain, type & ~TYPES, protocol, fds) < 0)
		return -1;
	return flagged_pair(fds, (type & SOCK_CLOEXEC) != 0,
	    (type & SOCK_NONBLOCK) != 0);
}
#endif

#ifdef accept4
/** Clear O_NONBLOCK first: where accept4(2) is missing, the new socket has the
 * flags of the one that listens. */
int
accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	const int new = accept(fd, address, length);

	if (new >= 0)
		(void)fcntl(new, F_SETFL, 0);
	return flagged(new, (flags & SOCK_CLOEXEC) != 0,
	    (flags & SOCK_NONBLOCK) != 0);
}
#endif

#ifdef dup3
/** Unlike dup2(2) it does not take two numbers that are the same. */
int
dup3(int from, int to, int flags)
{
	if (from == to) {
		errno = EINVAL;
		return -1;
	}
	return flagged(dup2(from, to), (flags & O_CLOEXEC) != 0, false);
}
#endif

#ifdef pipe2
int
pipe2(int fds[2], int flags)
{
	if (pipe(fds) < 0)
		return -1;
	return flagged_pair(fds, (flags & O_CLOEXEC) != 0,
	    (flags & O_NONBLOCK) != 0);
}
#endif

#ifdef posix_fadvise
/** macOS can read ahead, and leave out reading ahead.  Neither that nor illumos
 * can drop pages. */
int
posix_fadvise(int fd, off_t from, off_t length, int advice)
{
#ifdef F_RDADVISE
	const off_t most = INT32_MAX;
	struct radvisory range = { .ra_offset = from,
		.ra_count = (int)(length > 0 && length < most ? length :
		most) };

	if (advice == POSIX_FADV_WILLNEED)
		return fcntl(fd, F_RDADVISE, &range) < 0 ? errno : 0;
	if (advice == POSIX_FADV_SEQUENTIAL)
		return fcntl(fd, F_RDAHEAD, 1) < 0 ? errno : 0;
#else
	(void)fd;
	(void)from;
	(void)length;
	(void)advice;
#endif
	return ENOSYS;
}
#endif

#ifdef renameat2
#if defined(__linux__)
#include <sys/syscall.h>

int
renameat2(int dir, const char *from, int to_dir, const char *to,
    unsigned flags)
{
	return (int)syscall(SYS_renameat2, dir, from, to_dir, to, flags);
}
#elif defined(RENAME_EXCL)
/** Take RENAME_NOREPLACE only.  renameatx_np(2) has ENOTSUP where renameat2(2)
 * has EINVAL: the file system cannot do it. */
int
renameat2(int dir, const char *from, int to_dir, const char *to,
    unsigned flags)
{
	if (flags == RENAME_NOREPLACE &&
	    renameatx_np(dir, from, to_dir, to, RENAME_EXCL) == 0)
		return 0;
	if (flags != RENAME_NOREPLACE || errno == ENOTSUP)
		errno = EINVAL;
	return -1;
}
#else
/** Fail with ENOSYS: the callers know how to do without. */
int
renameat2(int dir, const char *from, int to_dir, const char *to,
    unsigned flags)
{
	(void)dir;
	(void)from;
	(void)to_dir;
	(void)to;
	(void)flags;
	errno = ENOSYS;
	return -1;
}
#endif
#endif

#ifdef syncfs
/** Begin to write out all file systems, and flush the disk that has the file.
 * POSIX has sync(2) return before the data is written. */
int
syncfs(int fd)
{
	sync();
	return fsync(fd);
}
#endif

#ifdef F_FULLFSYNC
#undef fsync

/** F_FULLFSYNC fails with ENOTSUP on file systems without a disk of their own,
 * such as SMB. */
int
zc__fsync(int fd)
{
	if (fcntl(fd, F_FULLFSYNC) == 0)
		return 0;
	return errno == ENOTSUP || errno == EINVAL || errno == ENOTTY ?
	    fsync(fd) : -1;
}
#endif

#ifdef timer_create
int
timer_create(clockid_t clock, struct sigevent *event, timer_t *timer)
{
	(void)clock;
	(void)event;
	(void)timer;
	errno = ENOSYS;
	return -1;
}

int
timer_settime(timer_t timer, int flags, const struct itimerspec *when,
    struct itimerspec *old)
{
	(void)timer;
	(void)flags;
	(void)when;
	(void)old;
	errno = ENOSYS;
	return -1;
}
#endif

#ifdef ppoll
/** Use pselect(2), which changes the signal mask atomically, too.  It knows
 * POLLIN and POLLOUT; an end that has failed is ready for both.  A descriptor
 * of FD_SETSIZE or more fails with EINVAL. */
int
ppoll(struct pollfd *all, nfds_t count, const struct timespec *timeout,
    const sigset_t *mask)
{
	fd_set in, out;
	int most = -1, ready = 0;

	FD_ZERO(&in);
	FD_ZERO(&out);
	for (nfds_t i = 0; i < count; i++) {
		all[i].revents = 0;
		if (all[i].fd < 0)
			continue;
		if (all[i].fd >= FD_SETSIZE) {
			errno = EINVAL;
			return -1;
		}
		if (all[i].events & POLLIN)
			FD_SET(all[i].fd, &in);
		if (all[i].events & POLLOUT)
			FD_SET(all[i].fd, &out);
		most = all[i].fd > most ? all[i].fd : most;
	}
	if (pselect(most + 1, &in, &out, NULL, timeout, mask) < 0)
		return -1;
	for (nfds_t i = 0; i < count; i++) {
		if (all[i].fd < 0)
			continue;
		if (FD_ISSET(all[i].fd, &in))
			all[i].revents |= POLLIN;
		if (FD_ISSET(all[i].fd, &out))
			all[i].revents |= POLLOUT;
		ready += all[i].revents != 0;
	}
	return ready;
}
#endif

#ifdef pthread_condattr_setclock
#undef pthread_cond_timedwait

/** Do nothing: zc__cond_timedwait() takes all times as of CLOCK_MONOTONIC. */
int
pthread_condattr_setclock(pthread_condattr_t *attributes, clockid_t clock)
{
	(void)attributes;
	return clock == CLOCK_MONOTONIC ? 0 : EINVAL;
}

/** Wait until a time of CLOCK_MONOTONIC. */
int
zc__cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock,
    const struct timespec *until)
{
	struct timespec now, left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left.tv_sec = until->tv_sec - now.tv_sec;
	left.tv_nsec = until->tv_nsec - now.tv_nsec;
	if (left.tv_nsec < 0) {
		left.tv_sec--;
		left.tv_nsec += 1000000000;
	}
	if (left.tv_sec < 0)
		return ETIMEDOUT;
	return pthread_cond_timedwait_relative_np(cond, lock, &left);
}
#endif

#ifdef sem_t
/* A semaphore is a pipe with a byte for each post, so that a signal interrupts
 * those who wait: condition variables do not see signals.  Both ends have
 * O_NONBLOCK: a post never waits for room, and of two threads that wait for one
 * byte, the one that does not get it waits on. */

int
sem_init(sem_t *sem, int shared, unsigned value)
{
	(void)shared;
	if (pipe2(sem->fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	while (value-- > 0) {
		if (sem_post(sem) == 0)
			continue;
		sem_destroy(sem);
		errno = EOVERFLOW;
		return -1;
	}
	return 0;
}

int
sem_destroy(sem_t *sem)
{
	close(sem->fds[0]);
	return close(sem->fds[1]);
}

int
sem_post(sem_t *sem)
{
	if (write(sem->fds[1], "", 1) == 1)
		return 0;
	if (errno == EAGAIN)
		errno = EOVERFLOW;
	return -1;
}

int
sem_trywait(sem_t *sem)
{
	char byte;

	return read(sem->fds[0], &byte, 1) == 1 ? 0 : -1;
}

/** Wait until there may be a post, for so many milliseconds, or without a limit
 * if that is -1.  Return what poll(2) does. */
static int
wait_for_post(sem_t *sem, int milliseconds)
{
	struct pollfd pollfd = { .fd = sem->fds[0], .events = POLLIN };

	return poll(&pollfd, 1, milliseconds);
}

int
sem_wait(sem_t *sem)
{
	while (sem_trywait(sem) < 0)
		if (errno != EAGAIN || wait_for_post(sem, -1) < 0)
			return -1;
	return 0;
}

/** Return how many milliseconds there are until a time of CLOCK_REALTIME,
 * rounded up; 0 if it has come. */
static int
milliseconds_until(const struct timespec *until)
{
	struct timespec now;
	int64_t left;

	clock_gettime(CLOCK_REALTIME, &now);
	left = ((int64_t)until->tv_sec - now.tv_sec) * 1000 +
	    (until->tv_nsec - now.tv_nsec + 999999) / 1000000;
	return left < 0 ? 0 : left < INT32_MAX ? (int)left : INT32_MAX;
}

int
sem_timedwait(sem_t *sem, const struct timespec *until)
{
	int left;

	while (sem_trywait(sem) < 0) {
		if (errno != EAGAIN)
			return -1;
		left = milliseconds_until(until);
		if (left == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (wait_for_post(sem, left) < 0)
			return -1;
	}
	return 0;
}
#endif

#ifdef setresuid
/** Set all three IDs to `real`, as setuid(2) does for root; callers want no
 * others. */
int
setresuid(uid_t real, uid_t effective, uid_t saved)
{
	(void)effective;
	(void)saved;
	return setuid(real);
}

int
setresgid(gid_t real, gid_t effective, gid_t saved)
{
	(void)effective;
	(void)saved;
	return setgid(real);
}
#endif

#ifdef reallocarray
void *
reallocarray(void *old, size_t count, size_t size)
{
	if (size > 0 && count > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, count * size);
}
#endif

#ifdef getrandom
/** getentropy(3) fails with EIO for more than 256 bytes. */
ssize_t
getrandom(void *data, size_t size, unsigned flags)
{
	unsigned char *byte = data;
	size_t part;

	(void)flags;
	for (size_t done = 0; done < size; done += part) {
		part = size - done < 256 ? size - done : 256;
		if (getentropy(byte + done, part) < 0)
			return -1;
	}
	return (ssize_t)size;
}
#endif

#endif
