#include "config.h"

#include "diag.h"

#include <errno.h>
#include <stdarg.h>
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

static size_t
escape_byte(char *to, size_t room, unsigned char byte)
{
	int n;

	if (byte >= 0x20 && byte != 0x7f) {
		if (room < 2)
			return 0;
		to[0] = (char)byte;
		return 1;
	}
	if (room < 5)
		return 0;
	n = snprintf(to, room, "\\%03o", byte);
	return (size_t)n;
}

void
diag_escape(char *to, size_t size, const char *text)
{
	size_t used = 0, n = 1;

	for (; *text != '\0' && n > 0; text++) {
		n = escape_byte(to + used, size - used, (unsigned char)*text);
		used += n;
	}
	to[used] = '\0';
}

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
	/* Nothing can be said of a standard error that does not take this. */
	if (write(STDERR_FILENO, line, length) < 0)
		errno = saved;
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
diag_trail(const char *format, ...)
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
