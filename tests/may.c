/*
 * may FILE UID:GID[,GID...]...
 *
 * Ask the kernel what each of these users may do with FILE.  Print one line
 * with a digit for each: 4 to read + 2 to write + 1 to execute.  Root only.
 */
#include "config.h"

#include <err.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GROUPS = 8 };

/* Become that user. */
static void
become(const char *user)
{
	gid_t groups[GROUPS];
	size_t count = 0;
	char *end;
	uid_t uid = (uid_t)strtoul(user, &end, 10);

	while ((*end == ':' || *end == ',') && count < GROUPS)
		groups[count++] = (gid_t)strtoul(end + 1, &end, 10);
	if (*end != '\0' || count == 0)
		errx(2, "not UID:GID[,GID...]: %s", user);
	if (setgroups(count, groups) < 0 || setgid(groups[0]) < 0 ||
	    setuid(uid) < 0)
		err(2, "become %s", user);
}

static int
ask(const char *file)
{
	return (access(file, R_OK) == 0 ? 4 : 0) +
	    (access(file, W_OK) == 0 ? 2 : 0) +
	    (access(file, X_OK) == 0 ? 1 : 0);
}

int
main(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		int status;
		pid_t pid = fork();

		if (pid < 0)
			err(2, "fork");
		if (pid == 0) {
			become(argv[i]);
			_exit(16 + ask(argv[1]));
		}
		if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ||
		    WEXITSTATUS(status) < 16)
			errx(2, "no answer as %s", argv[i]);
		putchar('0' + WEXITSTATUS(status) - 16);
	}
	putchar('\n');
	return 0;
}
