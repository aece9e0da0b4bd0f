#include "config.h"

#include "diag.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "../system/names.h"
#include "signals.h"
#include "utf8.h"

#define TEXT_SIZE	8192
#define ESCAPED_SIZE	(4 * TEXT_SIZE)	/* if each byte becomes \ooo */

/* A name that is longer than any path is a command.  This much of it is shown,
 * so that there is room for what happened to it. */
#define NAME_SHOWN	1000

/* Escape codes of all terminals in use (ECMA-48, EL). */
#define CLEAR		"\033[K"	/* to the end of the line */
#define ERASE		"\r" CLEAR

static enum diag_level level = DIAG_NORMAL;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool drawn;		/* diag_draw() has drawn a line */
static char first_error[TEXT_SIZE];
static char **kept;			/* of diag_keep(), or NULL */
static bool logs;			/* to syslog(3) */
static int impatient = -1;		/* standard error with O_NONBLOCK */

void
diag_set_level(enum diag_level wanted)
{
	level = wanted;
}

void
diag_escape(char *to, size_t size, const char *text)
{
	size_t used = 0, length;
	char escaped[5];

	for (; *text != '\0'; text += length, used += strlen(to + used)) {
		const long character = utf8_decode(text, &length);

		if (character >= 0 && !utf8_is_control(character)) {
			if (length >= size - used)
				break;
			memcpy(to + used, text, length);
			to[used + length] = '\0';
			continue;
		}
		length = 1;		/* escape byte by byte */
		snprintf(escaped, sizeof(escaped), "\\%03o",
		    (unsigned char)*text);
		if (strlcpy(to + used, escaped, size - used) >= size - used)
			break;
	}
	to[used] = '\0';
}

/**
 * Write to standard error, unless that would have to wait: for the reader of a
 * pipe, or for the Ctrl-Q of a terminal.  poll(2) is not enough: it reports a
 * terminal with room for one byte.  Return true if it was written, perhaps cut.
 * Async-signal-safe.
 */
static bool
offer(const char *text, size_t length)
{
	struct pollfd pollfd = { .fd = impatient >= 0 ? impatient :
		STDERR_FILENO, .events = POLLOUT };

	return poll(&pollfd, 1, 0) > 0 && (pollfd.revents & POLLOUT) &&
	    write(pollfd.fd, text, length) > 0;
}

/** Write all of it to standard error.  If another process has set O_NONBLOCK
 * there, wait for room by poll(2).  Give up once a signal ends us.  Return
 * false with errno on failure. */
static bool
write_all(const char *text, size_t length)
{
	struct pollfd pollfd = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t n;

	while (length > 0) {
		n = write(STDERR_FILENO, text, length);
		if (n > 0) {
			text += n;
			length -= (size_t)n;
			continue;
		}
		if (n == 0 || signals_caught() != 0 ||
		    (errno != EINTR && errno != EAGAIN))
			return false;
		if (errno == EAGAIN)
			(void)poll(&pollfd, 1, -1);
	}
	return true;
}

/** Write one line in one write(2), so that it stays whole among the output of
 * other processes.  Erase the line that is drawn.  If it `waits`, nothing is
 * lost; see offer().  Return false if it could not be written: if it `waits`,
 * with errno. */
static bool
put(const char *text, bool waits)
{
	char line[ESCAPED_SIZE + sizeof(ERASE)];
	size_t length;
	bool written;

	pthread_mutex_lock(&lock);
	*line = '\0';
	if (drawn)
		strlcpy(line, ERASE, sizeof(line));
	drawn = false;
	length = strlen(line);
	diag_escape(line + length, sizeof(line) - length - 1, text);
	length = strlen(line);
	line[length++] = '\n';
	written = waits ? write_all(line, length) : offer(line, length);
	pthread_mutex_unlock(&lock);
	return written;
}

/** Write "zcopy: NAME: TEXT" to `text`, cut to fit.  Return where "NAME:"
 * begins there. */
static const char *
compose(char text[TEXT_SIZE], const char *name, const char *format,
    va_list args)
{
	const int saved = errno;
	const char *program = getprogname();
	const bool whole = name == NULL || strlen(name) < PATH_MAX;
	int n = snprintf(text, TEXT_SIZE, "%s: %.*s%s", program,
	    whole ? PATH_MAX : NAME_SHOWN, name != NULL ? name : "",
	    name == NULL ? "" : whole ? ": " : "...: ");

	if (n < TEXT_SIZE) {
		errno = saved;		/* for %m */
		vsnprintf(text + n, TEXT_SIZE - (size_t)n, format, args);
	}
	return text + strlen(program) + strlen(": ");
}

/** Send the text to syslog(3), if that is used, with control characters
 * escaped: not all daemons do that, and a newline would begin a line that looks
 * like another program's. */
static void
log_text(int priority, const char *text)
{
	char escaped[ESCAPED_SIZE];

	if (!logs)
		return;
	diag_escape(escaped, sizeof(escaped), text);
	syslog(priority, "%s", escaped);
}

/** Compose a line and print it.  Return as compose() does.  Preserve errno. */
static const char *
print(char text[TEXT_SIZE], const char *name, const char *format, va_list args)
{
	const int saved = errno;
	const char *begin = compose(text, name, format, args);

	/* If standard error fails, there is nowhere to report that. */
	(void)put(text, true);
	errno = saved;
	return begin;
}

void
diag_error(const char *name, const char *format, ...)
{
	char text[TEXT_SIZE];
	const char *error;
	va_list args;

	va_start(args, format);
	error = print(text, name, format, args);
	va_end(args);
	if (*first_error == '\0')
		strlcpy(first_error, error, sizeof(first_error));
	if (kept != NULL && *kept == NULL)
		*kept = strdup(error);
	log_text(LOG_ERR, error);
}

void
diag_errno(const char *name, const char *doing)
{
	diag_error(name, "%s: %s", doing, strerror(errno));
}

void
diag_answer(const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	(void)compose(text, NULL, format, args);
	va_end(args);
	(void)put(text, false);
}

bool
diag_result(const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return put(text, true);
}

void
diag_note(const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	if (level < DIAG_NORMAL)
		return;
	va_start(args, format);
	(void)print(text, NULL, format, args);
	va_end(args);
}

void
diag_verbose(const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	if (level < DIAG_VERBOSE)
		return;
	va_start(args, format);
	(void)print(text, NULL, format, args);
	va_end(args);
}

void
diag_be_impatient(void)
{
	struct stat st;

	/* Another open file description: the flags of standard error are not
	 * ours alone.  Not of a file: it has an offset of its own. */
	if (isatty(STDERR_FILENO) ||
	    (fstat(STDERR_FILENO, &st) == 0 && S_ISFIFO(st.st_mode)))
		impatient = open("/proc/self/fd/2",
		    O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

bool
diag_can_draw(void)
{
	const char *terminal = getenv("TERM");

	/* Emacs's shell is a terminal that shows escape codes as text. */
	return isatty(STDERR_FILENO) &&
	    (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

bool
diag_draw(const char *line)
{
	char text[TEXT_SIZE];
	bool fits = true;

	pthread_mutex_lock(&lock);
	if (drawn || *line != '\0') {
		snprintf(text, sizeof(text), "\r%s" CLEAR, line);
		fits = offer(text, strlen(text));
	}
	if (fits)
		drawn = *line != '\0';
	pthread_mutex_unlock(&lock);
	return fits;
}

void
diag_erase(void)
{
	if (drawn)
		(void)offer(ERASE, strlen(ERASE));
	drawn = false;
}

void
diag_use_syslog(void)
{
	static char name[PATH_MAX];	/* openlog(3) keeps the pointer */

	diag_escape(name, sizeof(name), getprogname());
	openlog(name, LOG_PID, LOG_USER);
	logs = true;
}

void
diag_log(const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_text(LOG_INFO, text);
}

const char *
diag_first_error(void)
{
	return first_error;
}

void
diag_keep(char **text)
{
	kept = text;
}

const char *
diag_errno_name(int error)
{
	static char number[32];
	const char *name = names_errno(error);

	if (name != NULL)
		return name;
	snprintf(number, sizeof(number), "error %d", error);
	return number;
}

const char *
diag_signal_name(int signal)
{
	static char text[32];
	const char *name = names_signal(signal);

	if (name != NULL)
		snprintf(text, sizeof(text), "SIG%s", name);
	else if (signal >= SIGRTMIN && signal <= SIGRTMAX)
		snprintf(text, sizeof(text), "SIGRTMIN+%d", signal - SIGRTMIN);
	else
		snprintf(text, sizeof(text), "signal %d", signal);
	return text;
}
