/*
 * nodisk transfer FILE [HEADER TRAILER]
 * nodisk direct FILE [HEADER TRAILER]
 * nodisk sendfile FILE [HEADER TRAILER]
 * nodisk again COMMAND FILE [HEADER TRAILER]
 *
 * Move FILE to standard output with the library and NODISKIO.  `direct` opens
 * FILE with O_DIRECT; `sendfile` uses zc_sendfile(), through a socket.  Print
 * on standard error, for each try, "done" or the text of errno, and the counts
 * of header, data and trailer (for sendfile their sum).  After EBUSY, `again`
 * has a shell execute COMMAND, and runs the same job once more.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../src/zcopy.h"

enum { TRIES = 1000 };

static struct iovec header, trailer;
static struct zc_hdtr around = {
	.headers = &header, .hdr_cnt = 1, .trailers = &trailer, .trl_cnt = 1,
};

static int
open_file(const char *name, int flags)
{
	int fd = open(name, O_RDONLY | flags);

	if (fd < 0)
		err(2, "%s", name);
	return fd;
}

static void
wrap(char **text)
{
	if (text[0] == NULL || text[1] == NULL)
		return;
	header = (struct iovec){ text[0], strlen(text[0]) };
	trailer = (struct iovec){ text[1], strlen(text[1]) };
}

static const char *
said(int done)
{
	return done == 0 ? "done" : strerror(errno);
}

static void
tell(int done, const struct zc_result *result)
{
	fprintf(stderr, "%s: %" PRId64 " %" PRId64 " %" PRId64 "%s\n",
	    said(done), result->header_bytes, result->bytes,
	    result->trailer_bytes, result->outcome == ZC_WOULD_WAIT ?
	    " would-wait" : "");
}

static int
transfer(int fd)
{
	struct zc_request request = ZC_REQUEST_INIT(fd, STDOUT_FILENO);
	struct zc_result result = ZC_RESULT_INIT;
	int done;

	request.hdtr = &around;
	request.flags = ZC_NODISKIO;
	done = zc_transfer(&request, &result);
	tell(done, &result);
	return done;
}

static int
again(int fd, const char *command)
{
	struct zc_request request = ZC_REQUEST_INIT(fd, STDOUT_FILENO);
	struct zc_job *job;
	int done;

	request.hdtr = &around;
	request.flags = ZC_NODISKIO;
	job = zc_job_new(&request);
	if (job == NULL)
		err(2, "zc_job_new");
	for (int tries = 0; tries < TRIES; tries++) {
		done = zc_job_run(job, NULL, 0);
		tell(done, zc_job_result(job));
		if (done == 0 || errno != EBUSY || system(command) != 0)
			break;
	}
	zc_job_free(job);
	return done;
}

/* The far end of a socket: copy everything to standard output. */
static pid_t
collect(int *s)
{
	int pair[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		err(2, "socketpair");
	child = fork();
	if (child < 0)
		err(2, "fork");
	if (child == 0) {
		close(pair[0]);
		_exit(zc_transfer(&(struct zc_request)ZC_REQUEST_INIT(pair[1],
		    STDOUT_FILENO), NULL) == 0 ? 0 : 2);
	}
	close(pair[1]);
	*s = pair[0];
	return child;
}

static int
by_sendfile(int fd)
{
	int s, status, done, error;
	pid_t child = collect(&s);
	int64_t sent = -1;

	done = zc_sendfile(fd, s, 0, 0, &around, &sent, ZC_SF_NODISKIO);
	error = errno;
	fprintf(stderr, "%s: %" PRId64 "\n", said(done), sent);
	close(s);
	if (waitpid(child, &status, 0) < 0 || status != 0)
		errx(2, "the far end failed");
	errno = error;
	return done;
}

int
main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	bool is_again = strcmp(how, "again") == 0;
	int operand = is_again ? 3 : 2, fd;

	alarm(60);
	if (argc <= operand)
		errx(2, "usage: nodisk HOW [COMMAND] FILE [HEADER TRAILER]");
	fd = open_file(argv[operand], strcmp(how, "direct") == 0 ?
	    O_DIRECT : 0);
	if (argc > operand + 1)
		wrap(argv + operand + 1);
	if (is_again)
		return again(fd, argv[2]) == 0 ? 0 : 1;
	if (strcmp(how, "sendfile") == 0)
		return by_sendfile(fd) == 0 ? 0 : 1;
	return transfer(fd) == 0 ? 0 : 1;
}
