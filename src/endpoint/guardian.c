#include "config.h"

#include "guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/signals.h"
#include "../system/processes.h"

#define GRACE		INT64_C(2000000000)	/* ns, SIGTERM to SIGKILL */
#define PATIENCE	INT64_C(3000000000)	/* ns, of zcopy */

/* Nanoseconds between two SIGKILLs: they double, because a process of another
 * user (sudo) cannot be killed, and looking for it costs milliseconds. */
#define AGAIN_FIRST	INT64_C(100000000)
#define AGAIN_LAST	INT64_C(10000000000)

/* What zcopy tells the guardian, a byte each. */
enum word { LET_GO = 'l', ALL_IS_WELL = 'w' };

/* What the guardian, or the shell before execve(2), tells zcopy. */
enum event { EVENT_EXITED, EVENT_FAILED };

struct report {
	enum event event;
	int value;			/* wait status, or errno */
};

/*
 * The guardian itself.  It is forked from a process that may have threads, so
 * from here to guard() it calls async-signal-safe functions only.
 */

#define LEASH	0			/* its descriptors */
#define HOLD	1

/** Send this to the other side.  If that is refused (a seccomp filter), let it
 * see the end of the leash, as if this side had died, or it would wait for
 * ever. */
static void
say(int leash, const void *data, size_t size)
{
	if (send(leash, data, size, MSG_NOSIGNAL) < 0)
		(void)shutdown(leash, SHUT_WR);
}

static void
tell(int leash, enum event event, int value)
{
	const struct report report = { .event = event, .value = value };

	say(leash, &report, sizeof(report));
}

/** Become the shell. */
static _Noreturn void
become_shell(const char *command, int in, int out, int leash)
{
	if ((in < 0 || dup2(in, STDIN_FILENO) >= 0) &&
	    (out < 0 || dup2(out, STDOUT_FILENO) >= 0)) {
		signals_restore();
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	}
	tell(leash, EVENT_FAILED, errno);
	_exit(127);
}

/** Wait for all children that have ended, and report the shell's end.  Return
 * false if there are no children left. */
static bool
reap(pid_t shell)
{
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
		if (pid == shell)
			tell(LEASH, EVENT_EXITED, wait_status);
	return pid == 0;
}

/** Do what zcopy says.  Return false if it is dead, or says that the transfer
 * has failed. */
static bool
obey(void)
{
	char word;
	ssize_t n = recv(LEASH, &word, 1, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	if (word == ALL_IS_WELL)
		_exit(0);
	(void)close(HOLD);		/* LET_GO */
	return true;
}

/** Wait until a child has ended, `wait` ns have passed (-1: any time), or zcopy
 * says something.  SIGCHLD is blocked except in here. */
static void
doze(int64_t wait, bool listens)
{
	struct pollfd pollfd = { .fd = listens ? LEASH : -1, .events = POLLIN };
	const struct timespec time = clock_timespec(wait);
	sigset_t mask;

	sigfillset(&mask);
	sigdelset(&mask, SIGCHLD);
	(void)ppoll(&pollfd, 1, wait < 0 ? NULL : &time, &mask);
}

/** End all that descend from the command, and exit when nothing is left. */
static _Noreturn void
end_all(pid_t shell)
{
	const int64_t kill_at = clock_now() + GRACE;
	int64_t wait, again = AGAIN_FIRST;

	if (fcntl(HOLD, F_GETFD) >= 0)	/* there was data to come */
		processes_hold_pipes();
	processes_signal(SIGTERM);
	while (reap(shell)) {
		wait = kill_at - clock_now();
		if (wait <= 0) {
			processes_signal(SIGKILL);
			wait = again;
			again = MIN(2 * again, AGAIN_LAST);
		}
		doze(wait, false);
	}
	_exit(0);
}

static _Noreturn void
guard(pid_t shell)
{
	do {
		(void)reap(shell);
		doze(-1, true);
	} while (obey());
	end_all(shell);
}

static void
on_child(int signal)
{
	(void)signal;			/* ppoll(2) fails with EINTR */
}

/** Become the guardian: start the shell, and keep nothing open but the leash
 * and `hold`.  All signals are blocked. */
static _Noreturn void
become_guardian(const char *command, int in, int out, int hold, int leash)
{
	const struct sigaction action = { .sa_handler = on_child,
		.sa_flags = SA_NOCLDSTOP };
	pid_t shell;

	/* If SIGCHLD were ignored, the kernel would reap. */
	sigaction(SIGCHLD, &action, NULL);
	if (processes_adopt() < 0 || (shell = fork()) < 0) {
		tell(leash, EVENT_FAILED, errno);
		_exit(1);
	}
	if (shell == 0)
		become_shell(command, in, out, leash);
	(void)setsid();
	processes_rename("zcopy-guardian");
	(void)dup2(leash, LEASH);
	if (hold >= 0)
		(void)dup2(hold, HOLD);
	processes_close_from(hold >= 0 ? HOLD + 1 : HOLD);
	(void)chdir("/");
	guard(shell);
}

/*
 * What zcopy does.
 */

int
guardian_start(struct guardian *guardian, const char *command, int in, int out,
    int hold)
{
	sigset_t all, before;
	int ends[2], error;

	*guardian = (struct guardian){ .pid = 0 };
	(void)processes_adopt();
	/* If our parent has had it ignored, waitpid(2) would not say how the
	 * guardian has ended. */
	signals_default(SIGCHLD);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	/* No handler of zcopy may run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	guardian->pid = fork();
	if (guardian->pid == 0)
		become_guardian(command, in, out, hold, ends[1]);
	error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(ends[1]);
	guardian->leash = ends[0];
	if (guardian->pid > 0)
		return 0;
	close(ends[0]);
	guardian->pid = 0;
	errno = error;
	return -1;
}

/** Read a report, if there is one.  Return as guardian_wait(). */
static int
guardian_hear(struct guardian *guardian)
{
	struct report report;
	ssize_t n = recv(guardian->leash, &report, sizeof(report),
	    MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		errno = ECHILD;
		return -1;
	}
	if (report.event == EVENT_FAILED) {
		errno = report.value;
		return -1;
	}
	guardian->exited = true;
	guardian->wait_status = report.value;
	return 1;
}

int
guardian_wait(struct guardian *guardian, struct deadline *deadline,
    int milliseconds)
{
	const int64_t until = clock_now() + milliseconds * INT64_C(1000000);
	struct pollfd polled = { .fd = guardian->leash, .events = POLLIN };
	int heard = guardian->exited ? 1 : guardian_hear(guardian);

	while (heard == 0) {
		int64_t left = clock_left(until) / 1000000;

		if (milliseconds >= 0 && left == 0)
			return 0;
		if (deadline_poll(deadline, &polled, 1,
		    milliseconds < 0 ? -1 : (int)left) < 0)
			return -1;
		heard = guardian_hear(guardian);
	}
	return heard;
}

void
guardian_let_go(struct guardian *guardian)
{
	const char word = LET_GO;

	say(guardian->leash, &word, 1);
}

bool
guardian_end(struct guardian *guardian, bool well)
{
	const int64_t until = clock_now() + PATIENCE;
	struct pollfd polled = { .fd = guardian->leash, .events = POLLIN };
	const char word = ALL_IS_WELL;
	struct report report;
	int wait_status = 0;
	ssize_t n = -1;

	if (well)
		say(guardian->leash, &word, 1);
	else
		(void)shutdown(guardian->leash, SHUT_WR);
	while (n != 0 && clock_now() < until) {
		(void)poll(&polled, 1,
		    (int)((until - clock_now()) / 1000000) + 1);
		n = recv(guardian->leash, &report, sizeof(report),
		    MSG_DONTWAIT);
	}
	close(guardian->leash);
	while (n == 0 && waitpid(guardian->pid, &wait_status, 0) < 0 &&
	    errno == EINTR)
		;
	guardian->pid = 0;
	/* It was killed: its children are ours now. */
	if (!well && WIFSIGNALED(wait_status))
		processes_signal(SIGKILL);
	return n == 0;
}
