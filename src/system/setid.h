/*
 * Whether the program file has given zcopy rights that its caller does not
 * have: the set-user-ID bit, the set-group-ID bit, or capabilities.
 */
#ifndef SYSTEM_SETID_H
#define SYSTEM_SETID_H

#include <stdbool.h>

/** True if zcopy has such rights.  Ask before anything changes an ID. */
bool setid_is_used(void);

#endif
