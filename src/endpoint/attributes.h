/*
 * A new file takes the place of an old one: who may do what with it?
 */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <linux/limits.h>
#include <linux/posix_acl_xattr.h>
#include <sys/types.h>

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
	ssize_t size;			/* bytes of the list; 0: there is none,
					   -1: it is unknown */
	struct access_list list;
};

/* What attributes_meet() sets if the two files differ.  No ID has this value,
 * and chown(2) takes it as "do not change". */
#define ATTRIBUTES_NOBODY	((uid_t)-1)

/** Read the attributes of a file that is open, if only with O_PATH.  Return 0,
 * or -1 with errno. */
int attributes_read(struct attributes *, int fd);

/** Take from `a` the rights that `b` does not grant. */
void attributes_meet(struct attributes *a, const struct attributes *b);

/**
 * Give the attributes to the new file `fd`, and change them to what it has got.
 *
 * What cannot be kept is dropped, so that nobody but the new owner gets more
 * rights on the new file than he had on the old one.  Return 0, or -1 with
 * errno if the new file still grants too much.
 */
int attributes_give(int fd, struct attributes *);

/**
 * Return the permission bits, before the umask, of a copy of the regular file
 * `fd`.
 *
 * The copy has no access list.  If `fd` has one, the group gets what the list
 * gives the owning group, and others get at most what the list gives to each
 * named user and group.
 */
mode_t attributes_for_copy(int fd);

#endif
