/*
 * peak FILE COMMAND ARGUMENT...
 *
 * Run COMMAND, write its peak resident set, in KiB, to FILE, and exit with its
 * status.  getrusage(2) begins with the size of the process that forks, which
 * is why this is a small program.
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct rusage usage;
	int status;
	FILE *file;
	pid_t child;

	if (argc < 3)
		errx(2, "usage: peak FILE COMMAND ARGUMENT...");
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) < 0)
		err(1, "%s", argv[2]);
	file = fopen(argv[1], "w");
	if (file == NULL || fprintf(file, "%ld\n", usage.ru_maxrss) < 0 ||
	    fclose(file) != 0)
		err(1, "%s", argv[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}
