/*
 * Flags of a file that are not in its mode: those that chattr(1) sets, or
 * chflags(1), and whether something is mounted on it.
 */
#ifndef SYSTEM_FILE_FLAGS_H
#define SYSTEM_FILE_FLAGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct file_flags {
	uint64_t all;			/* as this system numbers them */
	bool append;			/* writing is only possible at the end,
					   with O_APPEND */
	bool fixed;			/* immutable: cannot be written, renamed
					   or replaced */
	bool mount_known;		/* `mounted` is known */
	bool mounted;			/* it is the root of a mount */
};

/** Fetch the flags of an open file, which may be O_PATH, as they are in memory:
 * no server is asked.  All are clear if they are not known (a seccomp filter:
 * EPERM). */
void file_flags_of(struct file_flags *, int fd);

/** Fetch the flags of a name in the directory `dir`.  A symbolic link is
 * followed if `follow`. */
void file_flags_at(struct file_flags *, int dir, const char *name, bool follow);

/** Call fstat(2), but have a network file system ask its server, where the
 * system can do that (Linux: AT_STATX_FORCE_SYNC).  Otherwise NFS answers from
 * its cache for 3 seconds or more: nfs(5), acregmin.  Return 0, or -1 with
 * errno. */
int file_stat_now(int fd, struct stat *st);

#endif
