/*
 * seccomp RULE... -- COMMAND ARGUMENT...
 *
 * Run COMMAND under a seccomp(2) filter that makes some system calls fail, as
 * in a container whose filter does not know them.  A RULE is CALL:ERRNO, such
 * as statx:EPERM; `calls` and `errors` below have the names.  openat.O_TMPFILE
 * and the like mean only calls with that flag, command or request.
 *
 * It needs no privileges.  Exit with the status of COMMAND; with 125 if there
 * can be no filter, 126 if a RULE names a call that this machine does not have,
 * 127 if COMMAND cannot be run.
 */
#include "config.h"

#include <endian.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of some systems.  Alpha has numbers of its own. */
#if !defined(SYS_cachestat) && !defined(__alpha__)
#define SYS_cachestat	451
#endif

enum { NO_FILTER = 125, NO_CALL = 126, NO_COMMAND = 127 };
enum { ALWAYS, HAS, IS };		/* how an argument is compared */
enum { STEPS_MAX = 256 };

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* A call's number depends on the architecture. */
#if defined(__x86_64__) && defined(__LP64__)
#define ARCH	AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define ARCH	AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define ARCH	AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define ARCH	AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH	AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define ARCH	AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define ARCH	AUDIT_ARCH_S390X
#else
#define ARCH	0
#endif

/* A rule refuses all rows of its name: a machine may have two such calls. */
static const struct call {
	const char *name;
	long number;
	int test, argument;
	uint32_t value;
} calls[] = {
#ifdef SYS_accept4
	{ "accept4", SYS_accept4, ALWAYS, 0, 0 },
#endif
#ifdef SYS_cachestat
	{ "cachestat", SYS_cachestat, ALWAYS, 0, 0 },
#endif
	{ "capget", SYS_capget, ALWAYS, 0, 0 },
	{ "clone", SYS_clone, ALWAYS, 0, 0 },
#ifdef SYS_clone3
	{ "clone", SYS_clone3, ALWAYS, 0, 0 },
#endif
#ifdef SYS_copy_file_range
	{ "copy_file_range", SYS_copy_file_range, ALWAYS, 0, 0 },
#endif
#ifdef SYS_faccessat2
	{ "faccessat2", SYS_faccessat2, ALWAYS, 0, 0 },
#endif
#ifdef SYS_fadvise64
	{ "fadvise", SYS_fadvise64, ALWAYS, 0, 0 },
#endif
#ifdef SYS_fadvise64_64
	{ "fadvise", SYS_fadvise64_64, ALWAYS, 0, 0 },
#endif
#ifdef SYS_arm_fadvise64_64
	{ "fadvise", SYS_arm_fadvise64_64, ALWAYS, 0, 0 },
#endif
#define FCNTL(command)							\
	{ "fcntl." #command, SYS_fcntl, IS, 1, command }
	FCNTL(F_DUPFD_CLOEXEC),
	FCNTL(F_GETPIPE_SZ),
	FCNTL(F_SETPIPE_SZ),
#ifdef SYS_fcntl64
#define FCNTL64(command)						\
	{ "fcntl." #command, SYS_fcntl64, IS, 1, command }
	FCNTL64(F_DUPFD_CLOEXEC),
	FCNTL64(F_GETPIPE_SZ),
	FCNTL64(F_SETPIPE_SZ),
#endif
	{ "fgetxattr", SYS_fgetxattr, ALWAYS, 0, 0 },
	{ "fremovexattr", SYS_fremovexattr, ALWAYS, 0, 0 },
	{ "fsetxattr", SYS_fsetxattr, ALWAYS, 0, 0 },
	{ "fstatfs", SYS_fstatfs, ALWAYS, 0, 0 },
#ifdef SYS_fstatfs64
	{ "fstatfs", SYS_fstatfs64, ALWAYS, 0, 0 },
#endif
#ifdef SYS_ftruncate
	{ "ftruncate", SYS_ftruncate, ALWAYS, 0, 0 },
#endif
	{ "getpeername", SYS_getpeername, ALWAYS, 0, 0 },
	{ "getrandom", SYS_getrandom, ALWAYS, 0, 0 },
	{ "getsockname", SYS_getsockname, ALWAYS, 0, 0 },
	{ "getsockopt.TCP_INFO", SYS_getsockopt, IS, 2, TCP_INFO },
	{ "getxattr", SYS_getxattr, ALWAYS, 0, 0 },
#define IOCTL(request)							\
	{ "ioctl." #request, SYS_ioctl, IS, 1, (uint32_t)(request) }
	IOCTL(BLKGETSIZE64),
	IOCTL(FICLONERANGE),
	IOCTL(TCGETS),
	IOCTL(TIOCOUTQ),		/* SIOCOUTQ is another name of it */
	{ "linkat", SYS_linkat, ALWAYS, 0, 0 },
	{ "lseek", SYS_lseek, ALWAYS, 0, 0 },
#ifdef SYS__llseek
	{ "lseek", SYS__llseek, ALWAYS, 0, 0 },
#endif
	{ "mincore", SYS_mincore, ALWAYS, 0, 0 },
	/* O_TMPFILE has the bit of O_DIRECTORY. */
	{ "openat.O_TMPFILE", SYS_openat, HAS, 2, O_TMPFILE & ~O_DIRECTORY },
	{ "pipe2", SYS_pipe2, ALWAYS, 0, 0 },
#ifdef SYS_preadv2
	{ "preadv2", SYS_preadv2, ALWAYS, 0, 0 },
#endif
#ifdef SYS_pwritev2
	{ "pwritev2", SYS_pwritev2, ALWAYS, 0, 0 },
#endif
#ifdef SYS_renameat2
	{ "renameat2", SYS_renameat2, ALWAYS, 0, 0 },
#endif
	{ "sendfile", SYS_sendfile, ALWAYS, 0, 0 },
#ifdef SYS_sendfile64
	{ "sendfile", SYS_sendfile64, ALWAYS, 0, 0 },
#endif
	{ "setsockopt.IPV6_V6ONLY", SYS_setsockopt, IS, 2, IPV6_V6ONLY },
	{ "setsockopt.SO_KEEPALIVE", SYS_setsockopt, IS, 2, SO_KEEPALIVE },
	{ "setsockopt.SO_LINGER", SYS_setsockopt, IS, 2, SO_LINGER },
	{ "setsockopt.SO_REUSEADDR", SYS_setsockopt, IS, 2, SO_REUSEADDR },
	{ "setsockopt.TCP_CONGESTION", SYS_setsockopt, IS, 2,
	    TCP_CONGESTION },
	{ "setsockopt.TCP_CORK", SYS_setsockopt, IS, 2, TCP_CORK },
	{ "splice", SYS_splice, ALWAYS, 0, 0 },
#ifdef SYS_sync_file_range
	{ "sync_file_range", SYS_sync_file_range, ALWAYS, 0, 0 },
#endif
#ifdef SYS_statx
	{ "statx", SYS_statx, ALWAYS, 0, 0 },
#endif
	{ "tee", SYS_tee, ALWAYS, 0, 0 },
	{ "uname", SYS_uname, ALWAYS, 0, 0 },
};

static const struct error {
	const char *name;
	uint32_t number;
} errors[] = {
	{ "ENOSYS", ENOSYS },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EPERM", EPERM },
};

static struct sock_filter steps[STEPS_MAX];
static unsigned short count;

static void
add(struct sock_filter step)
{
	if (count == STEPS_MAX)
		errx(NO_CALL, "too many rules");
	steps[count++] = step;
}

static void
load(size_t offset)
{
	add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)offset));
}

/* Skip `behind` steps unless the value loaded is this one. */
static void
unless_equal(uint32_t value, uint8_t behind)
{
	add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value,
	    0, behind));
}

static void
answer(uint32_t action)
{
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Return the offset of the lower half of an argument. */
static size_t
argument_at(int argument)
{
	size_t at = offsetof(struct seccomp_data, args) +
	    (size_t)argument * sizeof(uint64_t);

	return BYTE_ORDER == BIG_ENDIAN ? at + sizeof(uint32_t) : at;
}

static void
refuse(const struct call *call, uint32_t error)
{
	load(offsetof(struct seccomp_data, nr));
	switch (call->test) {
	case ALWAYS:
		unless_equal((uint32_t)call->number, 1);
		break;
	case HAS:
		unless_equal((uint32_t)call->number, 4);
		load(argument_at(call->argument));
		add((struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K,
		    call->value));
		unless_equal(call->value, 1);
		break;
	case IS:
		unless_equal((uint32_t)call->number, 3);
		load(argument_at(call->argument));
		unless_equal(call->value, 1);
		break;
	}
	answer(SECCOMP_RET_ERRNO | error);
}

static uint32_t
error_of(const char *name)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].number;
	errx(NO_CALL, "%s: not an errno that is known here", name);
}

static void
add_rule(char *rule)
{
	char *colon = strchr(rule, ':');
	bool known = false;
	uint32_t error;

	if (colon == NULL)
		errx(NO_CALL, "%s: not CALL:ERRNO", rule);
	*colon = '\0';
	error = error_of(colon + 1);
	for (size_t i = 0; i < COUNT(calls); i++) {
		if (strcmp(calls[i].name, rule) != 0)
			continue;
		refuse(&calls[i], error);
		known = true;
	}
	if (!known)
		errx(NO_CALL, "%s: not a call that is known here", rule);
}

static void
install(void)
{
	struct sock_fprog program = { .len = count, .filter = steps };

	if (ARCH == 0)
		errx(NO_FILTER, "seccomp: not on this architecture");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		err(NO_FILTER, "seccomp");
}

int
main(int argc, char **argv)
{
	int i;

	/* A program for another architecture would evade the rules. */
	load(offsetof(struct seccomp_data, arch));
	add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH,
	    1, 0));
	answer(SECCOMP_RET_KILL_PROCESS);
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		add_rule(argv[i]);
	answer(SECCOMP_RET_ALLOW);
	if (i + 1 >= argc)
		errx(NO_CALL, "usage: seccomp RULE... -- COMMAND ARGUMENT...");
	install();
	execvp(argv[i + 1], argv + i + 1);
	err(NO_COMMAND, "%s", argv[i + 1]);
}
