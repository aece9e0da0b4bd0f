/*
 * What goes to standard error: one line a call, written in one piece, with
 * all control characters escaped; and below these lines, on a terminal, one
 * that is redrawn.  Nothing here decides on a status.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdbool.h>
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

/** Print "zcopy: TEXT" in any case, but do not wait for a pipe or a terminal
 * that takes nothing: then it is lost. */
void diag_answer(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/** Print "TEXT" in any case: a result that the user asked for.  Return false
 * with errno if it could not be written. */
bool diag_result(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/** Open standard error once more, so that diag_answer() and diag_draw() do not
 * wait even if another process fills the pipe or the terminal. */
void diag_be_impatient(void);

/** True if standard error is a terminal that can erase a line: TERM is not
 * "dumb". */
bool diag_can_draw(void);

/**
 * Draw this line on the terminal, without a newline, in place of the last one;
 * "": erase it.  What is printed meanwhile erases it, too.  Any thread may call
 * this.  It does not wait for a terminal that takes nothing: then it does
 * nothing, and returns false.
 */
bool diag_draw(const char *line);

/** Erase the line that is drawn.  Async-signal-safe. */
void diag_erase(void);

/** Send errors to syslog(3), too. */
void diag_use_syslog(void);

/** Send "TEXT" to syslog(3) if that is used. */
void diag_log(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/** Return the text of the first diag_error() or diag_errno(), without "zcopy:
 * ", not escaped; "" if there was none. */
const char *diag_first_error(void);

/** Also keep the text of the next diag_error() or diag_errno(), as
 * diag_first_error() returns it, in *text, if that is NULL: the caller frees
 * it.  NULL: keep no more. */
void diag_keep(char **text);

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
