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
	errno = EIO;			/* ferror(3) has no errno */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return STATUS_OK;
	if (errno == EPIPE && !signals_pipe_ignored())
		signals_catch(SIGPIPE);	/* the pager has quit: no message */
	else
		diag_errno("standard output", "write");
	return STATUS_DEST;
}
