#include "config.h"

#include "timer-slack.h"

#ifdef __linux__

#include <sys/prctl.h>

void
timer_slack_shorten(void)
{
	(void)prctl(PR_SET_TIMERSLACK, 1000L, 0, 0, 0);
}

#else

void
timer_slack_shorten(void)
{
}

#endif
