#include "config.h"

#include "output.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "diag.h"
#include "signals.h"

enum status
output_flush(void)
{
	errno = EIO;			/* of an earlier write: forgotten */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return STATUS_OK;
	if (errno == EPIPE && !signals_pipe_ignored())
		signals_catch(SIGPIPE);	/* a pager that was left: quietly */
	else
		diag_errno("standard output", "write");
	return STATUS_DEST;
}
