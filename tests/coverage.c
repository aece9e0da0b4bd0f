/*
 * Linked into zcopy by configure --enable-coverage, so that the lines of runs
 * that end by a signal or by _exit(2) are counted, too.
 *
 * gcc's counters are written when exit(3) is called.  The linker's --wrap sends
 * calls of raise(3) and _exit(2) here.  __gcov_dump() is in the manual of gcc,
 * under "Profiling and Test Coverage in Freestanding Environments".
 */
#include <signal.h>
#include <unistd.h>

void __gcov_dump(void);
int __real_raise(int signal);
int __wrap_raise(int signal);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

int
__wrap_raise(int signal)
{
	/* The counters can be written only once, and after a stop signal the
	 * run goes on. */
	if (signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU)
		__gcov_dump();
	return __real_raise(signal);
}

_Noreturn void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
