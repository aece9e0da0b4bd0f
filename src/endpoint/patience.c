#include "config.h"

#include "patience.h"

#include <errno.h>

#include "../diag.h"
#include "../signals.h"

bool
patience_left(const char *state)
{
	int error = errno;

	if (error != EINTR || signals_caught() != 0)
		return false;
	if (signals_status_wanted())
		diag_error(NULL, "%s", state);
	return true;
}
