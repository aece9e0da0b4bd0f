/*
 * between SOURCE INPUT DEST OUTPUT COMMAND ARGUMENT...
 *
 * Run COMMAND between two ends, and be the far side of both: feed INPUT, a
 * file, to the first, and write what comes out of the second to OUTPUT.
 * SOURCE and DEST are kinds of ends:
 *
 *	pipe	standard input, standard output
 *	fifo	a new FIFO
 *	unix	a unix socket that listens, for one connection
 *	tcp	the same, on a port of 127.0.0.1
 *	tty	a terminal, raw
 *	path	INPUT or OUTPUT itself, with nothing to feed or to collect
 *
 * In an ARGUMENT, `@source` and `@dest` are replaced by the names for zcopy.
 *
 * Exit with the status of COMMAND when everything is fed and collected; with
 * 124 if that took more than 20 s, or $ZCOPY_TEST_TIMEOUT; with 125 if an end
 * could not be made.
 */
#include "config.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { TIMED_OUT = 124, TROUBLE = 125 };

struct side {
	bool source;
	const char *kind;
	const char *file;		/* INPUT or OUTPUT */
	char name[120];			/* for zcopy */
	char path[100];			/* to remove, or "" */
	int ours;			/* what we feed or drain, or -1 */
	int theirs;			/* COMMAND's, or -1 */
	pid_t worker;			/* who feeds or collects, or 0 */
};

static volatile sig_atomic_t timed_out;
static pid_t command_pid;

/* Making the ends */

static void
make_pipe(struct side *side)
{
	int fd[2];

	if (pipe(fd) < 0)
		err(TROUBLE, "pipe");
	side->ours = fd[side->source ? 1 : 0];
	side->theirs = fd[side->source ? 0 : 1];
	strcpy(side->name, "-");
}

static void
make_path(struct side *side)
{
	snprintf(side->path, sizeof(side->path), "between.%ld.%s",
	    (long)getpid(), side->source ? "source" : "dest");
}

static void
make_fifo(struct side *side)
{
	make_path(side);
	if (mkfifo(side->path, 0600) < 0)
		err(TROUBLE, "%s", side->path);
	strcpy(side->name, side->path);
}

static void
make_listener(struct side *side, const void *address, socklen_t size)
{
	const struct sockaddr *where = address;

	side->ours = socket(where->sa_family, SOCK_STREAM, 0);
	if (side->ours < 0 || bind(side->ours, where, size) < 0 ||
	    listen(side->ours, 1) < 0)
		err(TROUBLE, "%s socket", side->kind);
}

static void
make_unix(struct side *side)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	make_path(side);
	strcpy(address.sun_path, side->path);
	make_listener(side, &address, sizeof(address));
	snprintf(side->name, sizeof(side->name), "unix:%s", side->path);
}

static void
make_tcp(struct side *side)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	make_listener(side, &address, size);
	if (getsockname(side->ours, (struct sockaddr *)&address, &size) < 0)
		err(TROUBLE, "getsockname");
	snprintf(side->name, sizeof(side->name), "127.0.0.1:%d",
	    ntohs(address.sin_port));
}

static void
make_tty(struct side *side)
{
	struct termios mode;

	side->ours = posix_openpt(O_RDWR | O_NOCTTY);
	if (side->ours < 0 || grantpt(side->ours) < 0 ||
	    unlockpt(side->ours) < 0 ||
	    ptsname_r(side->ours, side->name, sizeof(side->name)) != 0)
		err(TROUBLE, "terminal");
	/* Held open until the command has ended: the last close is a hang-up
	 * for the other side, and drops what it has not read. */
	side->theirs = open(side->name, O_RDWR | O_NOCTTY);
	if (side->theirs < 0 || tcgetattr(side->theirs, &mode) < 0)
		err(TROUBLE, "%s", side->name);
	cfmakeraw(&mode);
	if (tcsetattr(side->theirs, TCSANOW, &mode) < 0)
		err(TROUBLE, "%s", side->name);
}

static void
make_nothing(struct side *side)
{
	if (strlen(side->file) >= sizeof(side->name))
		errx(TROUBLE, "%s: too long", side->file);
	strcpy(side->name, side->file);
}

static const struct {
	const char *name;
	void (*make)(struct side *);
} kinds[] = {
	{ "pipe", make_pipe }, { "fifo", make_fifo }, { "unix", make_unix },
	{ "tcp", make_tcp }, { "tty", make_tty }, { "path", make_nothing },
};

static void
side_make(struct side *side)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(side->kind, kinds[i].name) != 0)
			continue;
		kinds[i].make(side);
		return;
	}
	errx(TROUBLE, "%s: no kind of end", side->kind);
}

/* Feeding and collecting */

static bool
is(const struct side *side, const char *kind)
{
	return strcmp(side->kind, kind) == 0;
}

/** Return a connection, or the FIFO once COMMAND has opened it. */
static int
worker_meet(const struct side *side)
{
	int fd = side->ours;

	if (is(side, "fifo"))
		fd = open(side->path, side->source ? O_WRONLY : O_RDONLY);
	if (is(side, "unix") || is(side, "tcp"))
		fd = accept(side->ours, NULL, NULL);
	if (fd < 0)
		err(TROUBLE, "%s", side->name);
	return fd;
}

/** Copy to the end of `in`, which on a terminal is EIO.  If COMMAND fails, it
 * may end with another error: main() knows whether that matters. */
static void
worker_copy(int in, int out)
{
	char data[65536];
	ssize_t n, done, put;

	while ((n = read(in, data, sizeof(data))) > 0) {
		for (done = 0; done < n; done += put) {
			put = write(out, data + done, (size_t)(n - done));
			if (put < 0)
				_exit(TROUBLE);
		}
	}
	if (n < 0 && errno != EIO)
		_exit(TROUBLE);
}

static _Noreturn void
worker(const struct side *side)
{
	int file = side->source ? open(side->file, O_RDONLY) :
	    open(side->file, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	int end = worker_meet(side);

	if (file < 0)
		err(TROUBLE, "%s", side->file);
	if (side->source)
		worker_copy(file, end);
	else
		worker_copy(end, file);
	/* The end of the data.  zcopy may be gone already. */
	if (side->source && end != side->ours && !is(side, "fifo"))
		(void)(shutdown(end, SHUT_WR) < 0 || read(end, &file, 1) < 0);
	_exit(0);
}

static void
side_work(struct side *side, const struct side *other)
{
	if (is(side, "path"))
		return;
	side->worker = fork();
	if (side->worker < 0)
		err(TROUBLE, "fork");
	if (side->worker == 0) {
		/* Otherwise its reader would never see the end. */
		if (side->theirs >= 0)
			close(side->theirs);
		if (other->theirs >= 0)
			close(other->theirs);
		if (other->ours >= 0)
			close(other->ours);
		worker(side);
	}
	if (side->ours >= 0 && !is(side, "tty"))
		close(side->ours);
}

/* The command */

static const char *
argument(const char *given, const struct side *source, const struct side *dest)
{
	if (strcmp(given, "@source") == 0)
		return source->name;
	return strcmp(given, "@dest") == 0 ? dest->name : given;
}

static void
command_start(char **argv, const struct side *source, const struct side *dest)
{
	command_pid = fork();
	if (command_pid < 0)
		err(TROUBLE, "fork");
	if (command_pid > 0)
		return;
	for (char **arg = argv; *arg != NULL; arg++)
		*arg = (char *)argument(*arg, source, dest);
	if (is(source, "pipe"))
		dup2(source->theirs, STDIN_FILENO);
	if (is(dest, "pipe"))
		dup2(dest->theirs, STDOUT_FILENO);
	for (int fd = 3; fd < 20; fd++)
		close(fd);
	execvp(argv[0], argv);
	err(TROUBLE, "%s", argv[0]);
}

/** Repeat the alarm each second, because one could come just before a wait. */
static void
on_alarm(int signal)
{
	(void)signal;
	timed_out = true;
	alarm(1);
}

/** Return its exit status, or 128 + the signal. */
static int
reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			err(TROUBLE, "wait");
		if (timed_out)
			kill(pid, SIGKILL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static int
side_end(const struct side *side, bool success)
{
	int status = 0;

	/* The collector ends when it has seen the end of the data.  The feeder
	 * is not needed any more when the command has ended. */
	if (side->worker > 0 && (side->source || !success))
		kill(side->worker, SIGKILL);
	if (side->worker > 0)
		status = reap(side->worker);
	if (*side->path != '\0')
		unlink(side->path);
	return side->source || !success ? 0 : status;
}

static void
set_deadline(void)
{
	const char *seconds = getenv("ZCOPY_TEST_TIMEOUT");
	struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);	/* no SA_RESTART */
	alarm(seconds != NULL ? (unsigned)atoi(seconds) : 20);
}

int
main(int argc, char **argv)
{
	struct side source = { .source = true, .ours = -1, .theirs = -1 };
	struct side dest = { .ours = -1, .theirs = -1 };
	int status, collected;

	if (argc < 6)
		errx(TROUBLE, "usage: SOURCE INPUT DEST OUTPUT COMMAND...");
	source.kind = argv[1];
	source.file = argv[2];
	dest.kind = argv[3];
	dest.file = argv[4];
	side_make(&source);
	side_make(&dest);
	side_work(&source, &dest);
	side_work(&dest, &source);

	set_deadline();
	command_start(argv + 5, &source, &dest);
	if (source.theirs >= 0 && !is(&source, "tty"))
		close(source.theirs);
	if (dest.theirs >= 0 && !is(&dest, "tty"))
		close(dest.theirs);
	status = reap(command_pid);
	if (source.theirs >= 0 && is(&source, "tty"))
		close(source.theirs);
	if (dest.theirs >= 0 && is(&dest, "tty"))
		close(dest.theirs);

	(void)side_end(&source, status == 0);
	collected = side_end(&dest, status == 0);
	if (timed_out)
		return TIMED_OUT;
	if (collected != 0)
		warnx("%s was not collected to its end", dest.name);
	return status != 0 ? status : collected;
}
