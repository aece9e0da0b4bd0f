/*
 * What goes to standard error: one line a call, written in one piece, with
 * all control characters escaped.  Nothing here decides on a status.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stddef.h>

/** "zcopy: NAME: TEXT"; NAME, an endpoint or option as typed, may be NULL. */
void diag_error(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** "zcopy: NAME: DOING: strerror(errno)". */
void diag_errno(const char *name, const char *doing);

/** "zcopy: TEXT", unless -q. */
void diag_note(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/** "zcopy: TEXT" with -v. */
void diag_verbose(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

enum diag_level { DIAG_QUIET, DIAG_NORMAL, DIAG_VERBOSE };
void diag_set_level(enum diag_level);

/** "EXDEV", or "error 999" for what has no name.  Static text. */
const char *diag_errno_name(int error);

/** "SIGINT", or "signal 34".  Static text. */
const char *diag_signal_name(int signal);

/** Copy `text`, cut to fit.  Control characters and what is no UTF-8 become
 * \ooo, byte by byte. */
void diag_escape(char *to, size_t size, const char *text);

#endif
