/*
 * What this process may do with a file.
 */
#ifndef SYSTEM_ACCESS_H
#define SYSTEM_ACCESS_H

/** Check access with our effective IDs, as open(2) would.  Return 0, or -1
 * with errno. */
int access_as_effective(int dir, const char *path, int mode);

#endif
