#include "config.h"

#include "output.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "diag.h"
#include "signals.h"

/* What was printed is written in one piece, so that errno is known if that
 * fails: ferror(3) has none. */
static char buffer[64 * 1024];

void
output_buffer(void)
{
	(void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
}

enum status
output_flush(void)
{
	errno = EIO;			/* if the buffer was too small */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return STATUS_OK;
	if (errno == EPIPE && !signals_pipe_ignored())
		signals_catch(SIGPIPE);	/* the pager has quit: no message */
	else
		diag_errno("standard output", "write");
	return STATUS_DEST;
}
