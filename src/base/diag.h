/*
 * What goes to standard error: one line a call, written in one piece, with
 * all control characters escaped.  Nothing here decides on a status.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stddef.h>

/** Print "zcopy: NAME: TEXT".  NAME is an endpoint or option as typed, or
 * NULL. */
void diag_error(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Print "zcopy: NAME: DOING: strerror(errno)". */
void diag_errno(const char *name, const char *doing);

/** Print "zcopy: TEXT", except with -q. */
void diag_note(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/** Print "zcopy: TEXT", with -v only. */
void diag_verbose(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/** How much is printed: with -q, by default, with -v. */
enum diag_level { DIAG_QUIET, DIAG_NORMAL, DIAG_VERBOSE };
void diag_set_level(enum diag_level);

/** Return "EXDEV", or "error 999" for an errno without a name.  Static text. */
const char *diag_errno_name(int error);

/** Return "SIGINT", or "signal 34".  Static text. */
const char *diag_signal_name(int signal);

/** Copy `text`, cut to fit.  Write each byte of a control character, and each
 * that is not part of valid UTF-8, as \ooo. */
void diag_escape(char *to, size_t size, const char *text);

#endif
