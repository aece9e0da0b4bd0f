/*
 * Answers one HTTP request with a file, on the connection that is standard
 * input, as inetd(8) has it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zcopy.h>

static void
read_request(void)
{
	char line[8192];

	while (fgets(line, sizeof(line), stdin) != NULL)
		if (line[0] == '\r' || line[0] == '\n')
			break;
}

/* One job; a server would have one poll(2) for all of them. */
static int
drive(struct zc_job *job)
{
	struct zc_wait wait;

	while (zc_job_run(job, &wait, 1) < 0) {
		struct pollfd ready = { wait.fd, wait.events, 0 };

		if (errno != EAGAIN)
			return -1;
		if (poll(&ready, 1, 60 * 1000) == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
	return 0;
}

static int
reply(int file, int64_t size)
{
	char text[100];
	struct iovec header = { text, 0 };
	const struct zc_hdtr hdtr = { &header, 1, NULL, 0 };
	struct zc_request request = ZC_REQUEST_INIT(file, STDIN_FILENO);
	struct zc_job *job;
	int done = -1;

	header.iov_len = (size_t)snprintf(text, sizeof(text),
	    "HTTP/1.0 200 OK\r\n"
	    "Content-Length: %jd\r\n"
	    "\r\n", (intmax_t)size);
	request.hdtr = &hdtr;
	request.bytes = size;		/* no more, should it grow */
	request.flags = ZC_EXACT;	/* nor less */
	job = zc_job_new(&request);
	if (job != NULL)
		done = drive(job);
	if (done < 0)
		perror("reply");
	zc_job_free(job);		/* hdtr had to stay till now */
	return done;
}

int
main(int argc, char **argv)
{
	struct stat st;
	int file;

	if (argc != 2) {
		fputs("usage: use-library-http FILE\n", stderr);
		return 2;
	}
	file = open(argv[1], O_RDONLY);
	if (file < 0 || fstat(file, &st) < 0) {
		perror(argv[1]);
		return 1;
	}
	read_request();
	signal(SIGPIPE, SIG_IGN);	/* EPIPE will do */
	fcntl(STDIN_FILENO, F_SETFL,
	    fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	return reply(file, st.st_size) == 0 ? 0 : 1;
}
