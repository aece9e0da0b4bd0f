#include "config.h"

#include "far-end.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../system/processes.h"
#include "../transfer/discard.h"
#include "../transfer/run.h"

/** Ignore the signals that a terminal sends to all its processes.  The parent
 * kills this child when it is done, and the kernel if the parent ends first. */
static void
follow_parent(pid_t parent)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		signal(ends[i], SIG_IGN);
	processes_end_with_parent();
	if (getppid() != parent)
		_exit(STATUS_OTHER);
}

/** Print nothing, also not by other means than diag.h. */
static void
be_silent(void)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	diag_set_level(DIAG_QUIET);
	if (nowhere >= 0)
		dup2(nowhere, STDERR_FILENO);
}

/** Transfer again and again, until an error that is not the connection's. */
static _Noreturn void
serve(const struct options *options)
{
	enum status status = STATUS_OK;

	/* When the kernel refuses a method, the connection is reset.  Many
	 * failures in a row have another cause, such as EMFILE. */
	for (int failures = 0; failures < 100; failures++) {
		status = options->action == ACTION_DISCARD ?
		    discard(options) : run_transfer(options);
		if (status == STATUS_OK)
			failures = 0;
		else if (status != STATUS_CONNECTION)
			break;
	}
	_exit((int)status);
}

pid_t
far_end_start(const struct options *options)
{
	pid_t parent = getpid(), child;

	child = fork();
	if (child < 0)
		diag_errno("far end", "fork");
	if (child != 0)
		return child;
	follow_parent(parent);
	be_silent();
	serve(options);
}

void
far_end_stop(pid_t child)
{
	if (child <= 0)
		return;
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}
