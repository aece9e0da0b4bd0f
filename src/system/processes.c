#include "config.h"

#include "processes.h"

#include <errno.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __linux__

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The most processes of a system that are looked at.  What is above that, at
 * the end of /proc, is not found. */
#define MOST	65536

/* The most pipes that are held. */
#define MOST_PIPES	256

/* Rounds of SIGSTOP.  The second finds what was forked during the first; a
 * process in an uninterruptible sleep (D) takes more. */
#define ROUNDS	20

/* As getdents64(2) writes it; glibc has the call since 2.30, musl by another
 * name. */
struct entry {
	uint64_t inode;
	int64_t next;
	unsigned short length;
	unsigned char type;
	char name[];
};

struct process {
	pid_t pid, parent;
	char state;			/* 'R', 'T', 'Z'..., proc_pid_stat(5) */
	bool ours;
};

static struct process all[MOST];
static size_t count;
static pid_t descendants[MOST];
static size_t descendant_count;

/** Write DIRECTORY, the number, and NAME. */
static void
path_of(char path[64], const char *directory, int number, const char *name)
{
	char digits[16], *at = digits + sizeof(digits);

	*--at = '\0';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	strlcpy(path, directory, 64);
	strlcat(path, at, 64);
	strlcat(path, name, 64);
}

/** Read the file of a process as text, up to size - 1 bytes.  Return false if
 * the process has ended. */
static bool
read_of(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	size_t length = 0;
	ssize_t n;
	int fd;

	path_of(path, "/proc/", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	do {
		n = read(fd, text + length, size - 1 - length);
		length += (size_t)MAX(n, 0);
	} while (n > 0 || (n < 0 && errno == EINTR));
	close(fd);
	text[length] = '\0';
	return n == 0 && length > 0;
}

/** Fill in the state and the parent: "PID (NAME) STATE PPID ...".  The name may
 * have brackets and blanks. */
static bool
process_read(struct process *process, pid_t pid)
{
	char text[256], *at;

	if (!read_of(pid, "/stat", text, sizeof(text)))
		return false;
	at = strrchr(text, ')');
	if (at == NULL || at[1] != ' ' || at[2] == '\0')
		return false;
	*process = (struct process){ .pid = pid, .state = at[2],
		.parent = (pid_t)strtol(at + 3, NULL, 10) };
	return true;
}

/** Call `each` for all names in a directory of /proc that are numbers. */
static void
for_each_number(const char *path, void (*each)(const char *path, int number))
{
	static _Alignas(struct entry) char block[32768];
	const int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n;

	while (dir >= 0 && (n = syscall(SYS_getdents64, dir, block,
	    sizeof(block))) > 0) {
		for (char *at = block; at < block + n;
		    at += ((struct entry *)(void *)at)->length) {
			const struct entry *entry = (void *)at;

			if (entry->name[0] >= '0' && entry->name[0] <= '9')
				each(path, (int)strtol(entry->name, NULL, 10));
		}
	}
	if (dir >= 0)
		close(dir);
}

static void
note_process(const char *path, int pid)
{
	(void)path;
	if (count < MOST && process_read(&all[count], (pid_t)pid))
		count++;
}

static bool
is_descendant(pid_t pid)
{
	for (size_t i = 0; i < descendant_count; i++)
		if (descendants[i] == pid)
			return true;
	return pid == getpid();
}

/** Read all processes into `all`, and mark our descendants. */
static void
processes_find(void)
{
	bool found;

	count = 0;
	for_each_number("/proc", note_process);
	/* Children have higher numbers as a rule, so once is mostly enough. */
	descendant_count = 0;
	do {
		found = false;
		for (size_t i = 0; i < count; i++) {
			if (all[i].ours || !is_descendant(all[i].parent))
				continue;
			all[i].ours = found = true;
			descendants[descendant_count++] = all[i].pid;
		}
	} while (found);
}

/** True if a process ignores the signal.  One that blocks it may do so for a
 * moment only, as dash does until it waits for a child. */
static bool
process_ignores(pid_t pid, int signal)
{
	static const char title[] = "SigIgn:\t";
	char text[4096];
	const char *at;

	if (!read_of(pid, "/status", text, sizeof(text)))
		return false;
	at = strstr(text, title);
	return at != NULL && (strtoull(at + strlen(title), NULL, 16) >>
	    (signal - 1) & 1);
}

int
processes_visible(void)
{
	char self[16], path[64];
	ssize_t n = readlink("/proc/self", self, sizeof(self) - 1);

	if (n < 0)
		return -1;
	self[n] = '\0';
	path_of(path, "/proc/", getpid(), "/");
	if ((pid_t)strtol(self, NULL, 10) == getpid())
		return access(path, X_OK);
	errno = ESRCH;
	return -1;
}

int
processes_adopt(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

void
processes_rename(const char *name)
{
	(void)prctl(PR_SET_NAME, name, 0, 0, 0);
}

void
processes_end_with_parent(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/** Stop all descendants. */
static void
processes_stop(void)
{
	size_t running = 1;

	/* Parents that are stopped cannot reap, so that no number of a
	 * descendant is given to another process. */
	for (int round = 0; running > 0 && round < ROUNDS; round++) {
		processes_find();
		running = 0;
		for (size_t i = 0; i < count; i++)
			if (all[i].ours &&
			    strchr("ZXTt", all[i].state) == NULL &&
			    kill(all[i].pid, SIGSTOP) == 0)
				running++;
		sched_yield();
	}
}

/** If the descriptor of a process is a pipe that we do not hold yet, open its
 * writing end. */
static void
hold_pipe(const char *descriptors, int number)
{
	static ino_t held[MOST_PIPES];
	static size_t held_count;
	char path[64];
	struct stat st;

	path_of(path, descriptors, number, "");
	/* Opening anything else may do something: rewind a tape. */
	if (stat(path, &st) < 0 || !S_ISFIFO(st.st_mode))
		return;
	for (size_t i = 0; i < held_count; i++)
		if (held[i] == st.st_ino)
			return;
	if (held_count < MOST_PIPES &&
	    open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC) >= 0)
		held[held_count++] = st.st_ino;
}

void
processes_hold_pipes(void)
{
	/* What /proc and a file in it will need. */
	const int spare[] = { open("/", O_PATH | O_CLOEXEC),
		open("/", O_PATH | O_CLOEXEC) };
	char path[64];

	processes_stop();
	for (size_t i = 0; i < count; i++) {
		if (!all[i].ours)
			continue;
		path_of(path, "/proc/", all[i].pid, "/fd/");
		for_each_number(path, hold_pipe);
	}
	for (size_t i = 0; i < sizeof(spare) / sizeof(*spare); i++)
		close(spare[i]);
}

void
processes_signal(int signal)
{
	processes_stop();
	for (size_t i = 0; i < count; i++)
		if (all[i].ours)
			(void)kill(all[i].pid, signal);
	if (signal == SIGKILL)
		return;
	for (size_t i = 0; i < count; i++)
		if (all[i].ours && !process_ignores(all[i].pid, signal))
			(void)kill(all[i].pid, SIGCONT);
}

#else

int
processes_visible(void)
{
	errno = ENOSYS;
	return -1;
}

int
processes_adopt(void)
{
	errno = ENOSYS;
	return -1;
}

void
processes_rename(const char *name)
{
	(void)name;
}

void
processes_end_with_parent(void)
{
}

void
processes_signal(int signal)
{
	(void)signal;
}

void
processes_hold_pipes(void)
{
}

#endif

void
processes_close_from(int first)
{
	struct rlimit limit;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
		return;
#endif
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	for (int fd = first; (rlim_t)fd < MIN(limit.rlim_cur, 1u << 20); fd++)
		close(fd);
}
