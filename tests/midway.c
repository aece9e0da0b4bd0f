/*
 * midway WATCHED BYTES SIGNAL VICTIM...
 *
 * Wait until the file that process WATCHED writes in the current directory has
 * BYTES or more, then send SIGNAL to each VICTIM; print how many bytes the file
 * had just before.  It may have no name.  Continue WATCHED, which may be
 * stopped, or about to stop.  Exit with 1 if it ends before that.
 */
#include "config.h"

#include <err.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DESCRIPTORS = 32, PATH_SIZE = 64 };

/* True if the descriptor is open for writing, by the mode of its /proc link. */
static int
is_written(const char *link)
{
	struct stat st;

	return lstat(link, &st) == 0 && (st.st_mode & S_IWUSR) != 0;
}

/* A file without a name looks like "/dir/#1234 (deleted)" in /proc. */
static int
is_in(const char *dir, const char *link)
{
	char target[PATH_MAX];
	ssize_t length = readlink(link, target, sizeof(target) - 1);
	size_t prefix = strlen(dir);

	if (length < 0)
		return 0;
	target[length] = '\0';
	return strncmp(target, dir, prefix) == 0 && target[prefix] == '/';
}

/* Return the size of the file, or -1 if there is none yet. */
static int64_t
size_written(const char *process, const char *dir)
{
	char link[PATH_SIZE];
	struct stat st;

	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		snprintf(link, sizeof(link), "/proc/%s/fd/%d", process, fd);
		if (is_written(link) && is_in(dir, link) &&
		    stat(link, &st) == 0 && S_ISREG(st.st_mode))
			return st.st_size;
	}
	return -1;
}

/* True if the process has ended: also a zombie has no descriptors. */
static int
is_gone(const char *process)
{
	char link[PATH_SIZE];
	struct stat st;

	snprintf(link, sizeof(link), "/proc/%s/fd/2", process);
	return stat(link, &st) < 0;
}

int
main(int argc, char **argv)
{
	char dir[PATH_MAX];
	int64_t wanted, size;

	if (argc < 5 || getcwd(dir, sizeof(dir)) == NULL)
		errx(2, "usage: midway WATCHED BYTES SIGNAL VICTIM...");
	wanted = strtoll(argv[2], NULL, 10);
	/* So as not to be late.  Without the right to do it, some are late. */
	(void)setpriority(PRIO_PROCESS, 0, -10);
	do {
		if (is_gone(argv[1]))
			return 1;
		size = size_written(argv[1], dir);
		if (size < wanted)
			(void)kill(atoi(argv[1]), SIGCONT);
	} while (size < wanted);
	for (int i = 4; i < argc; i++)
		if (kill(atoi(argv[i]), atoi(argv[3])) < 0)
			err(2, "kill %s", argv[i]);
	printf("%" PRId64 "\n", size);
	return 0;
}
