#include "config.h"

#include "diag.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum diag_level level = DIAG_NORMAL;

void
diag_set_level(enum diag_level wanted)
{
	level = wanted;
}

/** Return the UTF-8 character at `text` and set *length to its bytes.  Return
 * -1 if it is invalid, as overlong forms and surrogates are. */
static long
decode(const unsigned char *text, size_t *length)
{
	static const long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	long character = *text;

	*length = *text < 0x80 ? 1 : *text < 0xc0 ? 0 : *text < 0xe0 ? 2 :
	    *text < 0xf0 ? 3 : *text < 0xf8 ? 4 : 0;
	if (*length > 1)
		character &= 0x7f >> *length;
	for (size_t i = 1; i < *length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return -1;	/* also at the final NUL */
		character = character << 6 | (text[i] & 0x3f);
	}
	if (*length == 0 || character < least[*length] ||
	    character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return -1;
	return character;
}

/** True if a terminal may act on the character instead of showing it: C0 and C1
 * controls, and bidirectional controls, which reorder the text after them. */
static bool
is_control(long character)
{
	return character < 0x20 || (character >= 0x7f && character <= 0x9f) ||
	    (character >= 0x202a && character <= 0x202e) ||
	    (character >= 0x2066 && character <= 0x2069);
}

void
diag_escape(char *to, size_t size, const char *text)
{
	const unsigned char *from = (const unsigned char *)text;
	size_t used = 0, length;
	char escaped[5];

	for (; *from != '\0'; from += length, used += strlen(to + used)) {
		if (!is_control(decode(from, &length))) {
			if (length >= size - used)
				break;
			memcpy(to + used, from, length);
			to[used + length] = '\0';
			continue;
		}
		length = 1;		/* escape byte by byte */
		snprintf(escaped, sizeof(escaped), "\\%03o", *from);
		if (strlcpy(to + used, escaped, size - used) >= size - used)
			break;
	}
	to[used] = '\0';
}

/** Print one line in one write(2), so that it stays whole among the output of
 * other processes.  Preserve errno. */
static void
put(const char *name, const char *format, va_list args)
{
	char text[8192], line[sizeof(text)];
	int saved = errno, n;
	size_t length;

	n = snprintf(text, sizeof(text), "%s: %s%s", getprogname(),
	    name != NULL ? name : "", name != NULL ? ": " : "");
	if ((size_t)n < sizeof(text))
		vsnprintf(text + n, sizeof(text) - (size_t)n, format, args);
	diag_escape(line, sizeof(line) - 1, text);
	length = strlen(line);
	line[length++] = '\n';
	/* If standard error fails, there is nowhere to report that. */
	(void)!write(STDERR_FILENO, line, length);
	errno = saved;
}

void
diag_error(const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(name, format, args);
	va_end(args);
}

void
diag_errno(const char *name, const char *doing)
{
	diag_error(name, "%s: %s", doing, strerror(errno));
}

void
diag_note(const char *format, ...)
{
	va_list args;

	if (level < DIAG_NORMAL)
		return;
	va_start(args, format);
	put(NULL, format, args);
	va_end(args);
}

void
diag_verbose(const char *format, ...)
{
	va_list args;

	if (level < DIAG_VERBOSE)
		return;
	va_start(args, format);
	put(NULL, format, args);
	va_end(args);
}

const char *
diag_errno_name(int error)
{
	static char number[32];
	const char *name = NULL;

#ifdef HAVE_STRERRORNAME_NP
	name = strerrorname_np(error);
#endif
	if (name != NULL)
		return name;
	snprintf(number, sizeof(number), "error %d", error);
	return number;
}

const char *
diag_signal_name(int signal)
{
	static char text[32];
	const char *name = NULL;

#ifdef HAVE_SIGABBREV_NP
	name = sigabbrev_np(signal);
#endif
	if (name != NULL)
		snprintf(text, sizeof(text), "SIG%s", name);
	else if (signal >= SIGRTMIN && signal <= SIGRTMAX)
		snprintf(text, sizeof(text), "SIGRTMIN+%d", signal - SIGRTMIN);
	else
		snprintf(text, sizeof(text), "signal %d", signal);
	return text;
}
