/*
 * The names of errno values and of signals.
 */
#ifndef SYSTEM_NAMES_H
#define SYSTEM_NAMES_H

/** Return "EXDEV", or NULL for an errno without a name.  Static text. */
const char *names_errno(int error);

/** Return "INT" for SIGINT, or NULL for a signal without a name, such as those
 * from SIGRTMIN on.  Static text. */
const char *names_signal(int signal);

#endif
