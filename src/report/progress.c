#include "config.h"

#include "progress.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/diag.h"
#include "../base/gauge.h"
#include "../base/signals.h"
#include "../base/thread.h"
#include "line.h"
#include "progress-object.h"
#include "speed.h"
#include "view.h"

#define PERIOD		INT64_C(100000000)	/* ns between two redraws */
#define DELAY		1.0		/* seconds until the first, without
					   -P */
#define WIDTH		80		/* columns, if the terminal does not
					   say */
#define FREE		3		/* columns: see columns() */

static struct progress {
	bool runs;			/* there is a thread */
	bool ended;			/* it is to end */
	bool draws, hidden;
	bool terminal;			/* diag_can_draw() */
	bool utf8;
	bool drawn;			/* something is, or was; -P: true */
	double delay;
	int fd;				/* of --progress-fd; -1: none */
	int64_t second;			/* the next line that is not redrawn */
	unsigned beat;
	struct speed speed;
	pthread_t thread;
	pthread_mutex_t lock;		/* of ended, hidden */
	pthread_cond_t wake;
} progress = { .fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER };

static void
answer(void)
{
	const struct gauge gauge = gauge_read();
	const struct view view = view_of(&gauge, clock_now());
	char line[LINE_SIZE];

	line_say(line, &view);
	diag_answer("%s", line);
}

void
progress_answer_signals(void)
{
	signals_on_status(answer);
}

/** True if the locale's characters are UTF-8. */
static bool
locale_is_utf8(void)
{
	const locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8 = false;

	if (locale == (locale_t)0)
		return false;
	utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
	freelocale(locale);
	return utf8;
}

/** Return the columns that the line may use.  The last one stays free, because
 * some terminals wrap there, and so do two that echo Ctrl-Z as "^Z". */
static int
columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return WIDTH - FREE;
	return size.ws_col - FREE;
}

/** True if the terminal is another job's: it shows that job's output. */
static bool
is_in_background(void)
{
	const pid_t group = tcgetpgrp(STDERR_FILENO);

	return group >= 0 && group != getpgrp();
}

/** Draw the line; without a terminal, print it once a second. */
static void
draw(const struct view *view, bool second)
{
	char line[LINE_SIZE];

	if (!progress.terminal && !second)
		return;
	line_draw(line, view, progress.terminal ? columns() : WIDTH - FREE,
	    progress.terminal && progress.utf8);
	if (!progress.terminal) {
		diag_answer("%s", line);
		progress.drawn = true;
	} else if (!is_in_background()) {
		progress.drawn |= diag_draw(line);
	}
}

/** Write one JSON object on a line of its own, unless the reader does not keep
 * up. */
static void
write_object(const struct view *view)
{
	struct pollfd pollfd = { .fd = progress.fd, .events = POLLOUT };
	char line[LINE_SIZE];
	size_t length;

	if (poll(&pollfd, 1, 0) <= 0 || !(pollfd.revents & POLLOUT))
		return;
	length = progress_object(line, view);
	if (length > 0)
		(void)!write(progress.fd, line, length);
}

/** Return the view at this time, with the speed of the last seconds. */
static struct view
look(int64_t now)
{
	const struct gauge gauge = gauge_read();
	struct view view = view_of(&gauge, now);

	if (gauge.phase == PHASE_MOVING) {
		speed_note(&progress.speed, now, gauge.bytes);
		view.speed = speed_now(&progress.speed);
	}
	view.beat = progress.beat++;
	return view;
}

static void
show(void)
{
	const int64_t now = clock_now();
	const struct view view = look(now);
	const bool second = now >= progress.second;

	if (second)
		progress.second = now + 10 * PERIOD;
	if (progress.draws && !progress.hidden &&
	    view.elapsed >= progress.delay)
		draw(&view, second);
	if (progress.fd >= 0 && second)
		write_object(&view);
}

static struct timespec
next_beat(void)
{
	return clock_timespec(clock_now() + PERIOD);
}

static void *
progress_thread(void *arg)
{
	struct timespec until;

	(void)arg;
	pthread_mutex_lock(&progress.lock);
	while (!progress.ended) {
		signals_answer();
		show();
		until = next_beat();
		while (!progress.ended && pthread_cond_timedwait(
		    &progress.wake, &progress.lock, &until) == 0)
			;
	}
	pthread_mutex_unlock(&progress.lock);
	return NULL;
}

/** Start the thread.  Return 0, or an errno. */
static int
start(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&progress.wake, &attributes);
	pthread_condattr_destroy(&attributes);
	return thread_start(&progress.thread, progress_thread, NULL);
}

void
progress_prepare(const struct options *options)
{
	const bool always = options->progress == PROGRESS_ALWAYS;

	progress.terminal = diag_can_draw();
	progress.draws = always || (progress.terminal && !options->quiet &&
	    options->progress != PROGRESS_NEVER);
	progress.delay = always ? 0 : DELAY;
	progress.drawn = always;	/* also if the run is too short */
	progress.fd = options->progress_fd;
	if (!progress.draws && progress.fd < 0)
		return;
	progress.utf8 = progress.terminal && locale_is_utf8();
	progress.second = clock_now() + 10 * PERIOD;
	diag_be_impatient();
	signals_on_stop(diag_erase);
}

void
progress_begin(void)
{
	int error;

	if (!progress.draws && progress.fd < 0)
		return;
	error = start();
	progress.runs = error == 0;
	/* Without a thread (EAGAIN: RLIMIT_NPROC, EPERM: a seccomp filter) the
	 * data moves all the same. */
	if (!progress.runs && (progress.delay == 0 || progress.fd >= 0))
		diag_note("progress: none until the end: no thread: %s",
		    strerror(error));
}

void
progress_hide(void)
{
	pthread_mutex_lock(&progress.lock);
	progress.hidden = progress.delay > 0;
	pthread_mutex_unlock(&progress.lock);
	if (progress.hidden)
		(void)diag_draw("");
}

bool
progress_is_shown(void)
{
	return progress.runs;
}

/** End the thread. */
static void
stop(void)
{
	pthread_mutex_lock(&progress.lock);
	progress.ended = true;
	pthread_cond_signal(&progress.wake);
	pthread_mutex_unlock(&progress.lock);
	pthread_join(progress.thread, NULL);
	progress.runs = false;
}

bool
progress_end(void)
{
	if (progress.runs)
		stop();
	if (progress.fd >= 0) {
		const struct view view = look(clock_now());

		write_object(&view);
	}
	(void)diag_draw("");
	return progress.drawn;
}
