/*
 * How much later than asked for a thread is woken: PR_SET_TIMERSLACK, prctl(2).
 */
#ifndef SYSTEM_TIMER_SLACK_H
#define SYSTEM_TIMER_SLACK_H

/** Let this thread, and the threads and processes that it starts from now on,
 * be woken within a microsecond of the time.  The default is 50.  Only Linux
 * lets us choose: elsewhere, do nothing. */
void timer_slack_shorten(void);

#endif
