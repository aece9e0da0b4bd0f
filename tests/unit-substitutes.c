/*
 * src/system/substitutes.c: each function, compiled for a system that lacks all
 * of them, does what its man page on Linux says.  Where it calls something that
 * Linux does not have, or that behaves otherwise elsewhere, there is a stand-in.
 */
#include "config.h"

#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "lib-job.h"

#define MS	INT64_C(1000000)	/* in nanoseconds */

/* Stand-ins for the calls of macOS. */

#undef F_RDADVISE
#define F_FULLFSYNC	9001
#define F_RDADVISE	9002
#define F_RDAHEAD	9003
#undef RENAME_EXCL
#define RENAME_EXCL	4

struct radvisory {
	off_t ra_offset;
	int ra_count;
};

static struct {
	int error;			/* the call fails with this, or 0 */
	int calls;
	int command;			/* of fcntl */
	int argument;
	struct radvisory range;
	unsigned flags;			/* of renameatx_np */
} mac;

static int
mac_fcntl(int fd, int command, ...)
{
	va_list more;

	if (command == F_GETFL)
		return fcntl(fd, F_GETFL);
	va_start(more, command);
	mac.argument = 0;
	if (command == F_RDADVISE)
		mac.range = *va_arg(more, struct radvisory *);
	else if (command != F_FULLFSYNC)
		mac.argument = va_arg(more, int);
	va_end(more);
	if (command == F_SETFL || command == F_SETFD)
		return fcntl(fd, command, mac.argument);
	mac.calls++;
	mac.command = command;
	errno = mac.error;
	return mac.error != 0 ? -1 : 0;
}

static int
renameatx_np(int dir, const char *from, int to_dir, const char *to,
    unsigned flags)
{
	mac.calls++;
	mac.flags = flags;
	errno = mac.error;
	if (mac.error != 0)
		return -1;
	if (flags == RENAME_EXCL && faccessat(to_dir, to, F_OK, 0) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(dir, from, to_dir, to);
}

/** Wait for as long as `left`. */
static int
pthread_cond_timedwait_relative_np(pthread_cond_t *cond, pthread_mutex_t *lock,
    const struct timespec *left)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += left->tv_sec + (until.tv_nsec + left->tv_nsec) /
	    1000000000;
	until.tv_nsec = (until.tv_nsec + left->tv_nsec) % 1000000000;
	return pthread_cond_timedwait(cond, lock, &until);
}

/** On macOS and the BSDs, accept(2) returns a socket that has O_NONBLOCK if the
 * one that listens has it. */
static int
bsd_accept(int fd, struct sockaddr *address, socklen_t *length)
{
	const int flags = fcntl(fd, F_GETFL);
	int new = accept(fd, address, length);

	if (new >= 0 && fcntl(new, F_SETFL, flags & O_NONBLOCK) < 0)
		give_up("fcntl");
	return new;
}

#include "lib-elsewhere.h"

#undef HAVE_ACCEPT4
#undef HAVE_DUP3
#undef HAVE_GETRANDOM
#undef HAVE_PIPE2
#undef HAVE_POSIX_FADVISE
#undef HAVE_PPOLL
#undef HAVE_PTHREAD_CONDATTR_SETCLOCK
#undef HAVE_REALLOCARRAY
#undef HAVE_RENAMEAT2
#undef HAVE_SEM_TIMEDWAIT
#undef HAVE_SETRESUID
#undef HAVE_SYNCFS
#undef HAVE_TIMER_CREATE
#undef SOCK_CLOEXEC
#undef SOCK_NONBLOCK
#undef POSIX_FADV_SEQUENTIAL
#undef POSIX_FADV_WILLNEED
#undef POSIX_FADV_DONTNEED
#undef GRND_NONBLOCK
/* config.h has included it if this system lacks some. */
#undef SYSTEM_SUBSTITUTES_H
#include "../src/system/substitutes.h"

#define fcntl		mac_fcntl
#define accept		bsd_accept
#include "../src/system/substitutes.c"
#undef fcntl
#undef accept
/* It needs those of the system, too. */
#define fsync			zc__fsync
#define pthread_cond_timedwait	zc__cond_timedwait

static bool
has_flags(int fd, bool cloexec, bool nonblock)
{
	return ((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0) == cloexec &&
	    ((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) == nonblock;
}

static int64_t
now_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 * MS + now.tv_nsec;
}

static struct timespec
time_of(int64_t nanoseconds)
{
	return (struct timespec){ .tv_sec = (time_t)(nanoseconds / (1000 * MS)),
		.tv_nsec = (long)(nanoseconds % (1000 * MS)) };
}

/* Descriptors */

static bool
socket_sets_flags(bool cloexec, bool nonblock)
{
	const int flags = (cloexec ? SOCK_CLOEXEC : 0) |
	    (nonblock ? SOCK_NONBLOCK : 0);
	int pair[2], type;
	socklen_t length = sizeof(type);
	int fd = keep(socket(AF_INET, SOCK_STREAM | flags, 0));

	CHECK(fd >= 0 && has_flags(fd, cloexec, nonblock));
	CHECK(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
	    type == SOCK_STREAM);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | flags, 0, pair) == 0);
	keep(pair[0]);
	keep(pair[1]);
	CHECK(has_flags(pair[0], cloexec, nonblock) &&
	    has_flags(pair[1], cloexec, nonblock));
	return true;
}

static bool
socket_fails(void)
{
	int pair[2];

	CHECK(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, -1) < 0 &&
	    errno != 0);
	CHECK(socketpair(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 &&
	    errno == EOPNOTSUPP);
	return true;
}

static bool
pipe2_sets_flags(bool cloexec, bool nonblock)
{
	int fds[2];

	CHECK(pipe2(fds, (cloexec ? O_CLOEXEC : 0) |
	    (nonblock ? O_NONBLOCK : 0)) == 0);
	keep(fds[0]);
	keep(fds[1]);
	CHECK(has_flags(fds[0], cloexec, nonblock) &&
	    has_flags(fds[1], cloexec, nonblock));
	return true;
}

/** accept4(2): the new socket has the flags that were asked for, and no others,
 * whatever those of the listening one are. */
static bool
accept4_sets_flags(bool listener_nonblock, bool cloexec, bool nonblock)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, peer, self;
	socklen_t length = sizeof(address);
	int listener = keep(socket(AF_INET, SOCK_STREAM, 0)), near, far;

	CHECK(bind(listener, (struct sockaddr *)&address, length) == 0 &&
	    listen(listener, 1) == 0 && getsockname(listener,
	    (struct sockaddr *)&address, &length) == 0);
	near = keep(socket(AF_INET, SOCK_STREAM, 0));
	CHECK(connect(near, (struct sockaddr *)&address, length) == 0);
	CHECK(fcntl(listener, F_SETFL,
	    listener_nonblock ? O_NONBLOCK : 0) == 0);
	far = keep(accept4(listener, (struct sockaddr *)&peer, &length,
	    (cloexec ? SOCK_CLOEXEC : 0) | (nonblock ? SOCK_NONBLOCK : 0)));
	CHECK(far >= 0 && has_flags(far, cloexec, nonblock));
	length = sizeof(self);
	CHECK(getsockname(near, (struct sockaddr *)&self, &length) == 0 &&
	    peer.sin_port == self.sin_port);
	return true;
}

static bool
accept4_fails(void)
{
	CHECK(accept4(-1, NULL, NULL, SOCK_CLOEXEC) == -1 && errno == EBADF);
	return true;
}

static bool
dup3_sets_flags(bool cloexec)
{
	int from = keep(open("/dev/null", O_RDONLY)), to;

	to = keep(fcntl(from, F_DUPFD, 0));
	CHECK(dup3(from, to, cloexec ? O_CLOEXEC : 0) == to &&
	    has_flags(to, cloexec, false));
	return true;
}

static bool
dup3_fails(void)
{
	int fd = keep(open("/dev/null", O_RDONLY));

	CHECK(dup3(-1, fd, O_CLOEXEC) == -1 && errno == EBADF);
	CHECK(fcntl(fd, F_GETFD) == 0);
	/* Unlike dup2(2). */
	CHECK(dup3(fd, fd, O_CLOEXEC) == -1 && errno == EINVAL);
	CHECK(fcntl(fd, F_GETFD) == 0);
	return true;
}

/* Files */

static bool
fadvise_reads_ahead(int error)
{
	const int64_t huge = INT64_C(1) << 40;

	memset(&mac, 0, sizeof(mac));
	mac.error = error;
	CHECK(posix_fadvise(7, 4096, 8192, POSIX_FADV_WILLNEED) == error);
	CHECK(mac.command == F_RDADVISE && mac.range.ra_offset == 4096 &&
	    mac.range.ra_count == 8192);
	/* 0: to the end of the file. */
	CHECK(posix_fadvise(7, 4096, 0, POSIX_FADV_WILLNEED) == error &&
	    mac.range.ra_count == INT32_MAX);
	CHECK(posix_fadvise(7, huge, huge, POSIX_FADV_WILLNEED) == error &&
	    mac.range.ra_offset == huge && mac.range.ra_count == INT32_MAX);
	CHECK(posix_fadvise(7, 0, 0, POSIX_FADV_SEQUENTIAL) == error &&
	    mac.command == F_RDAHEAD && mac.argument == 1);
	return true;
}

/** Nothing drops pages there: nobody may believe that they are gone. */
static bool
fadvise_drops_nothing(void)
{
	memset(&mac, 0, sizeof(mac));
	CHECK(posix_fadvise(7, 0, 4096, POSIX_FADV_DONTNEED) == ENOSYS &&
	    mac.calls == 0);
	return true;
}

static bool
fsync_flushes_disk(void)
{
	memset(&mac, 0, sizeof(mac));
	CHECK(fsync(7) == 0 && mac.command == F_FULLFSYNC && mac.calls == 1);
	CHECK(fdatasync(7) == 0 && mac.calls == 2);
	mac.error = EIO;
	CHECK(fsync(7) == -1 && errno == EIO && mac.calls == 3);
	return true;
}

/** File systems without a disk of their own, such as SMB. */
static bool
fsync_without_disk(int error)
{
	int fd = keep(memfd_create("file", MFD_CLOEXEC));

	memset(&mac, 0, sizeof(mac));
	mac.error = error;
	CHECK(fsync(fd) == 0 && mac.calls == 1);
	CHECK(fsync(-1) == -1 && errno == EBADF);
	return true;
}

static bool
syncfs_flushes_disk(void)
{
	int fd = keep(memfd_create("file", MFD_CLOEXEC));

	memset(&mac, 0, sizeof(mac));
	CHECK(syncfs(fd) == 0 && mac.command == F_FULLFSYNC);
	mac.error = EBADF;
	CHECK(syncfs(-1) == -1 && errno == EBADF);
	return true;
}

static bool
renameat2_keeps_what_is_there(void)
{
	char name[] = "/tmp/unit-substitutes.XXXXXX";
	const int fd = keep(mkdtemp(name) != NULL ?
	    open(name, O_RDONLY | O_DIRECTORY) : -1);
	int result, error;

	memset(&mac, 0, sizeof(mac));
	CHECK(fd >= 0);
	keep(openat(fd, "a", O_CREAT | O_WRONLY, 0600));
	keep(openat(fd, "b", O_CREAT | O_WRONLY, 0600));
	result = renameat2(fd, "a", fd, "b", RENAME_NOREPLACE);
	error = errno;
	if (renameat2(fd, "a", fd, "c", RENAME_NOREPLACE) < 0)
		result = 99;
	unlinkat(fd, "b", 0);
	unlinkat(fd, "c", 0);
	CHECK(rmdir(name) == 0);
	CHECK(result == -1 && error == EEXIST && mac.flags == RENAME_EXCL);
	return true;
}

/** renameat2(2) has EINVAL for this. */
static bool
renameat2_is_not_supported(void)
{
	memset(&mac, 0, sizeof(mac));
	mac.error = ENOTSUP;
	CHECK(renameat2(-1, "a", -1, "b", RENAME_NOREPLACE) == -1 &&
	    errno == EINVAL && mac.calls == 1);
	return true;
}

/** It has no other flags. */
static bool
renameat2_refuses_flags(void)
{
	memset(&mac, 0, sizeof(mac));
	CHECK(renameat2(-1, "a", -1, "b", RENAME_NOREPLACE | 2) == -1 &&
	    errno == EINVAL && mac.calls == 0);
	return true;
}

/* Waiting */

static volatile sig_atomic_t alarms;

static void
note_alarm(int signal)
{
	(void)signal;
	alarms = alarms + 1;
}

/** Have SIGALRM come again and again, with a handler that interrupts calls. */
static void
alarm_begin(void)
{
	const struct sigaction action = { .sa_handler = note_alarm };
	const struct timeval some = { .tv_usec = 5000 };
	const struct itimerval when = { .it_value = some, .it_interval = some };

	alarms = 0;
	if (sigaction(SIGALRM, &action, NULL) < 0 ||
	    setitimer(ITIMER_REAL, &when, NULL) < 0)
		give_up("setitimer");
}

/** Make it a time limit again. */
static void
alarm_end(void)
{
	alarm(600);
	signal(SIGALRM, SIG_DFL);
}

static bool
ppoll_finds_the_ready(void)
{
	const struct timespec zero = { .tv_sec = 0 };
	struct pollfd polled[3];
	int pair[2], fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 &&
	    pipe(fds) == 0);
	keep(pair[0]);
	keep(pair[1]);
	keep(fds[0]);
	keep(fds[1]);
	CHECK(write(pair[1], "x", 1) == 1);
	polled[0] = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	polled[1] = (struct pollfd){ .fd = -1, .events = POLLIN,
		.revents = POLLIN };
	polled[2] = (struct pollfd){ .fd = pair[0],
		.events = POLLIN | POLLOUT };
	/* It counts descriptors, not events. */
	CHECK(ppoll(polled, 3, &zero, NULL) == 1);
	CHECK(polled[0].revents == 0 && polled[1].revents == 0 &&
	    polled[2].revents == (POLLIN | POLLOUT));
	CHECK(ppoll(polled, 1, &zero, NULL) == 0);
	/* The end of the data counts, too. */
	shut(fds[1]);
	CHECK(ppoll(polled, 1, NULL, NULL) == 1 &&
	    (polled[0].revents & (POLLIN | POLLHUP)) != 0);
	return true;
}

static bool
ppoll_waits(void)
{
	const struct timespec some = time_of(20 * MS);
	const int64_t start = now_of(CLOCK_MONOTONIC);

	CHECK(ppoll(NULL, 0, &some, NULL) == 0);
	CHECK(now_of(CLOCK_MONOTONIC) - start >= 20 * MS);
	return true;
}

/** The mask is for the wait only, so the signal comes then or never. */
static bool
ppoll_changes_mask(void)
{
	sigset_t blocked, before, after;
	bool interrupted;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGALRM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	alarm_begin();
	interrupted = ppoll(NULL, 0, NULL, &before) == -1 && errno == EINTR &&
	    alarms == 1;
	alarm_end();
	sigprocmask(SIG_SETMASK, &before, &after);
	CHECK(interrupted);
	CHECK(sigismember(&after, SIGALRM) == 1);
	return true;
}

static bool
ppoll_refuses_large_numbers(void)
{
	struct pollfd polled = { .fd = FD_SETSIZE, .events = POLLIN };

	CHECK(ppoll(&polled, 1, NULL, NULL) == -1 && errno == EINVAL);
	return true;
}

static pthread_cond_t cond;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool told;

static void *
tell(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	told = true;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&lock);
	return NULL;
}

static bool
cond_waits_until(void)
{
	const int64_t until = now_of(CLOCK_MONOTONIC) + 20 * MS;
	const struct timespec then = time_of(until);
	const struct timespec past = time_of(now_of(CLOCK_MONOTONIC) - MS);
	pthread_condattr_t attributes;
	int result, late;

	pthread_condattr_init(&attributes);
	CHECK(pthread_condattr_setclock(&attributes, CLOCK_REALTIME) ==
	    EINVAL);
	CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
	CHECK(pthread_cond_init(&cond, &attributes) == 0);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_lock(&lock);
	do
		result = pthread_cond_timedwait(&cond, &lock, &then);
	while (result == 0);
	late = pthread_cond_timedwait(&cond, &lock, &past);
	pthread_mutex_unlock(&lock);
	CHECK(result == ETIMEDOUT && now_of(CLOCK_MONOTONIC) >= until);
	CHECK(late == ETIMEDOUT);
	return true;
}

static bool
cond_is_signalled(void)
{
	const struct timespec then = time_of(now_of(CLOCK_MONOTONIC) +
	    5000 * MS);
	pthread_t thread;
	int result = 0;

	told = false;
	CHECK(pthread_create(&thread, NULL, tell, NULL) == 0);
	pthread_mutex_lock(&lock);
	while (!told && result == 0)
		result = pthread_cond_timedwait(&cond, &lock, &then);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	CHECK(told && result == 0);
	return true;
}

static bool
sem_counts(void)
{
	sem_t sem;

	CHECK(sem_init(&sem, 0, 2) == 0);
	CHECK(sem_trywait(&sem) == 0 && sem_wait(&sem) == 0);
	CHECK(sem_trywait(&sem) == -1 && errno == EAGAIN);
	CHECK(sem_post(&sem) == 0 && sem_wait(&sem) == 0);
	CHECK(sem_destroy(&sem) == 0);
	return true;
}

static bool
sem_has_a_most(void)
{
	sem_t sem;
	int posts = 0;

	/* Neither waits for room. */
	CHECK(sem_init(&sem, 0, 1000 * 1000 * 1000) == -1 &&
	    errno == EOVERFLOW);
	CHECK(sem_init(&sem, 0, 0) == 0);
	while (sem_post(&sem) == 0)
		posts++;
	CHECK(errno == EOVERFLOW && posts >= 512);
	while (sem_trywait(&sem) == 0)
		posts--;
	CHECK(errno == EAGAIN && posts == 0);
	CHECK(sem_destroy(&sem) == 0);
	return true;
}

static bool
sem_waits_until(void)
{
	sem_t sem;

	CHECK(sem_init(&sem, 0, 0) == 0);
	/* Fractions of a millisecond, too. */
	for (int i = 0; i < 20; i++) {
		const int64_t until = now_of(CLOCK_REALTIME) + MS + i * MS / 7;
		const struct timespec then = time_of(until);

		CHECK(sem_timedwait(&sem, &then) == -1 && errno == ETIMEDOUT);
		CHECK(now_of(CLOCK_REALTIME) >= until);
	}
	/* A post counts although the time is over. */
	CHECK(sem_post(&sem) == 0 &&
	    sem_timedwait(&sem, &(struct timespec){ .tv_sec = 1 }) == 0);
	CHECK(sem_destroy(&sem) == 0);
	return true;
}

/** sem_wait(3) and sem_timedwait(3) fail with EINTR. */
static bool
sem_is_interrupted(void)
{
	const struct timespec then = time_of(now_of(CLOCK_REALTIME) + 5000 * MS);
	bool interrupted;
	sem_t sem;

	CHECK(sem_init(&sem, 0, 0) == 0);
	alarm_begin();
	interrupted = sem_wait(&sem) == -1 && errno == EINTR &&
	    sem_timedwait(&sem, &then) == -1 && errno == EINTR;
	alarm_end();
	CHECK(interrupted && alarms >= 2);
	CHECK(sem_destroy(&sem) == 0);
	return true;
}

static sem_t shared;

static void *
wait_for_post_and_end(void *arg)
{
	const struct timespec then = time_of(now_of(CLOCK_REALTIME) + 30 * MS);

	*(bool *)arg = sem_timedwait(&shared, &then) == 0;
	return NULL;
}

/** Two threads, one post: the other one times out. */
static bool
sem_wakes_one(void)
{
	pthread_t threads[2];
	bool woken[2] = { false, false };

	CHECK(sem_init(&shared, 0, 0) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, wait_for_post_and_end,
		    &woken[i]) == 0);
	CHECK(sem_post(&shared) == 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK(woken[0] != woken[1]);
	CHECK(sem_destroy(&shared) == 0);
	return true;
}

/* The rest */

/** In a child that is root: it cannot return. */
static bool
setresuid_drops_all(void)
{
	const uid_t nobody = 65534;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		uid_t u[3];
		gid_t g[3];

		if (setgroups(0, NULL) < 0 ||
		    setresgid(nobody, nobody, nobody) < 0 ||
		    setresuid(nobody, nobody, nobody) < 0 ||
		    getresuid(&u[0], &u[1], &u[2]) < 0 ||
		    getresgid(&g[0], &g[1], &g[2]) < 0)
			_exit(1);
		for (int i = 0; i < 3; i++)
			if (u[i] != nobody || g[i] != nobody)
				_exit(2);
		_exit(seteuid(0) == 0 ? 3 : 0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	return true;
}

static bool
reallocarray_checks_product(void)
{
	char *data = reallocarray(NULL, 10, 10), *more;
	bool refuses, keeps;

	if (data == NULL)
		give_up("reallocarray");
	memset(data, 7, 100);
	more = reallocarray(data, SIZE_MAX / 2, 3);
	refuses = more == NULL && errno == ENOMEM;
	if (more == NULL)		/* data is still there */
		more = reallocarray(data, 1000, 10);
	if (more == NULL)
		give_up("reallocarray");
	keeps = more[99] == 7;
	free(more);
	CHECK(refuses && keeps);
	return true;
}

/** getentropy(3) has a limit of 256 bytes; getrandom(2) has not. */
static bool
getrandom_fills_all(size_t size)
{
	unsigned char data[1000] = { 0 }, last = 0;

	/* By chance a byte may be 0, but not each time. */
	for (int i = 0; i < 8; i++) {
		CHECK(getrandom(data, size, GRND_NONBLOCK) == (ssize_t)size);
		last |= data[size - 1];
		CHECK(size == sizeof(data) || data[size] == 0);
	}
	CHECK(last != 0);
	return true;
}

int
main(void)
{
	begin();
	for (int i = 0; i < 8; i++) {
		const bool a = i & 1, b = i & 2, c = i & 4;
		const char *flags = a && b ? "SOCK_CLOEXEC and SOCK_NONBLOCK" :
		    a ? "SOCK_CLOEXEC" : b ? "SOCK_NONBLOCK" : "no flag";

		CASE(accept4_sets_flags(c, a, b), "accept4 with %s, %s", flags,
		    c ? "from a socket with O_NONBLOCK" : "from another");
		if (c)
			continue;
		CASE(socket_sets_flags(a, b), "socket with %s", flags);
		CASE(pipe2_sets_flags(a, b), "pipe2 with %s", flags);
	}
	CASE(accept4_fails(), "accept4 fails as accept does");
	CASE(socket_fails(), "socket and socketpair fail");
	CASE(dup3_sets_flags(true), "dup3 with O_CLOEXEC");
	CASE(dup3_sets_flags(false), "dup3 with no flag");
	CASE(dup3_fails(), "dup3 refuses EBADF, and a descriptor and itself");
	CASE(fadvise_reads_ahead(0), "posix_fadvise reads ahead");
	CASE(fadvise_reads_ahead(EBADF), "posix_fadvise returns the errno");
	CASE(fadvise_drops_nothing(), "posix_fadvise cannot drop pages");
	CASE(fsync_flushes_disk(), "fsync flushes the cache of the disk");
	CASE(fsync_without_disk(ENOTSUP), "fsync without a disk: ENOTSUP");
	CASE(fsync_without_disk(EINVAL), "fsync without a disk: EINVAL");
	CASE(fsync_without_disk(ENOTTY), "fsync without a disk: ENOTTY");
	CASE(syncfs_flushes_disk(), "syncfs flushes the cache of the disk");
	CASE(renameat2_keeps_what_is_there(),
	    "renameat2 with RENAME_NOREPLACE replaces nothing");
	CASE(renameat2_is_not_supported(),
	    "renameat2 fails with EINVAL if the file system cannot do it");
	CASE(renameat2_refuses_flags(), "renameat2 refuses other flags");
	CASE(ppoll_finds_the_ready(), "ppoll says who is ready");
	CASE(ppoll_waits(), "ppoll waits as long as it is told to");
	CASE(ppoll_changes_mask(), "ppoll lets a signal in while it waits");
	CASE(ppoll_refuses_large_numbers(),
	    "ppoll refuses descriptors that select cannot take");
	CASE(cond_waits_until(),
	    "pthread_cond_timedwait waits by the monotonic clock");
	CASE(cond_is_signalled(), "pthread_cond_timedwait sees the signal");
	CASE(sem_counts(), "semaphores count");
	CASE(sem_has_a_most(), "sem_post fails when it cannot count further");
	CASE(sem_waits_until(), "sem_timedwait never ends early");
	CASE(sem_is_interrupted(), "a signal ends sem_wait and sem_timedwait");
	CASE(sem_wakes_one(), "a post wakes one of two");
	if (geteuid() == 0)
		CASE(setresuid_drops_all(),
		    "setresuid and setresgid leave no way back");
	CASE(reallocarray_checks_product(),
	    "reallocarray refuses more than there can be");
	CASE(getrandom_fills_all(16), "getrandom gives 16 bytes");
	CASE(getrandom_fills_all(1000), "getrandom gives 1000 bytes");
	finish();
	return 0;
}
