/*
 * --user: give up root.
 */
#ifndef TRANSFER_USER_H
#define TRANSFER_USER_H

#include "../base/status.h"

/** Check that we can become this user: a name, or a number that need not be in
 * passwd(5).  We can if we are root, or are that user already.  Return
 * STATUS_OK; on failure, print the reason and return STATUS_USAGE. */
enum status user_check(const char *name);

/**
 * Become this user (NULL: do nothing), with the groups that group(5) gives it,
 * for good: real, effective and saved IDs, and no capability is left.  A number
 * that is not in passwd(5) is also the number of its only group.  If we are
 * that user already, the groups stay.  The environment stays as it is.
 *
 * No other thread may run: capset(2) changes the calling one only.
 *
 * Return STATUS_OK; on failure, print the reason and return STATUS_OTHER: then
 * do nothing else, because we may still be root.  Further calls return the same
 * and do nothing.
 */
enum status user_become(const char *name);

#endif
