/*
 * Owner, mode and access list of a file that replaces another one, or is a copy
 * of it.
 *
 * The new file must not grant anybody more than the other one does.
 */
#ifndef SYSTEM_ATTRIBUTES_H
#define SYSTEM_ATTRIBUTES_H

#include <stdbool.h>
#include <sys/types.h>

#ifdef __linux__
#include <linux/posix_acl_xattr.h>
#else
#include <stdint.h>

/* Lists of other systems are not kept.  These never hold one. */
struct posix_acl_xattr_entry {
	uint16_t e_tag, e_perm;
	uint32_t e_id;
};
struct posix_acl_xattr_header {
	uint32_t a_version;
};
#endif

#include "xattrs.h"

/* As getxattr(2) returns it: little endian on all machines. */
struct access_list {
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry entries[
	    (XATTR_SIZE_MAX - sizeof(struct posix_acl_xattr_header)) /
	    sizeof(struct posix_acl_xattr_entry)];
};

/** Owner, group, mode and POSIX access list of a file. */
struct attributes {
	uid_t owner;			/* or ATTRIBUTES_NOBODY */
	gid_t group;			/* or ATTRIBUTES_NOBODY */
	mode_t mode;			/* 07777; with a list, its group bits
					   are the list's mask */
	ssize_t size;			/* of the list; 0: none; -1: unknown */
	int error;			/* why it is unknown; 0: two files
					   disagree */
	int refused;			/* attributes_give(): the errno of the
					   first call that failed, or 0 */
	struct access_list list;
};

/* What attributes_meet() sets if the two files differ.  No ID has this value,
 * and chown(2) takes it as "do not change". */
#define ATTRIBUTES_NOBODY	((uid_t)-1)

/** Read the attributes of a file that is open, if only with O_PATH.  Return 0,
 * or -1 with errno. */
int attributes_read(struct attributes *, int fd);

/** True if both have the same owner, group, mode and list, all known. */
bool attributes_equal(const struct attributes *, const struct attributes *);

/** Take from `a` the rights that `b` does not grant. */
void attributes_meet(struct attributes *a, const struct attributes *b);

/**
 * Give the attributes to the new file `fd`, as far as possible, and change them
 * to those that it has got.  Drop what cannot be kept so that nobody but the
 * new owner may do more with the new file than with the one that had them.
 * With -v, print that the list is lost, with the file's `name`; `whose` says in
 * words which file had it.  Return 0, or -1 with errno if the new file would
 * grant too much.
 */
int attributes_give(int fd, struct attributes *, const char *name,
    const char *whose);

/**
 * Return the permission bits, before the umask, of a copy of the regular file
 * `fd`.
 *
 * The new file has no list.  So if `fd` has one, the group gets what the list
 * gives the group, and others get no more than each named user and group has.
 * If it is unknown whether `fd` has one, only the owner gets any rights; with
 * -v, print that, with the file's `name`.
 */
mode_t attributes_for_copy(int fd, const char *name);

#endif
