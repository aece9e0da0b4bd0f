#include "config.h"

#include "far-end.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../transfer/discard.h"
#include "../transfer/transfer.h"

/** A terminal's signals go to all its processes; which is to be the first to
 * go is for our parent to say. */
static void
heed_parent_only(pid_t parent)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		signal(ends[i], SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(STATUS_OTHER);
}

static void
be_silent(void)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	diag_set_level(DIAG_QUIET);
	if (nowhere >= 0)
		dup2(nowhere, STDERR_FILENO);
}

static _Noreturn void
serve(const struct options *options)
{
	enum status status = STATUS_OK;

	/* A method that is refused leaves a connection that was reset.  Many
	 * in a row are something else, such as no descriptor to be had. */
	for (int failures = 0; failures < 100; failures++) {
		status = options->action == ACTION_DISCARD ?
		    discard(options) : transfer(options);
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
	heed_parent_only(parent);
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
