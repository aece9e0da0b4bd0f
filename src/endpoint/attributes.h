/*
 * A new file takes the place of an old one: who may do what with it?
 */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <linux/limits.h>
#include <linux/posix_acl_xattr.h>
#include <sys/types.h>

/* As the kernel hands it out: little endian. */
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
	struct access_list list;
};

/* In attributes_meet(): two files disagree.  No id has this value, and
 * chown(2) takes it for "leave it as it is". */
#define ATTRIBUTES_NOBODY	((uid_t)-1)

/** Read them from an open file; O_PATH will do.  0, or -1 with errno. */
int attributes_read(struct attributes *, int fd);

/** Take away from `a` what `b` does not have, too. */
void attributes_meet(struct attributes *a, const struct attributes *b);

/**
 * Give them to the new file `fd`.
 *
 * What cannot be kept is dropped on the safe side: nobody but the new owner
 * may do more with the new file than he might with the old one.  0, or -1
 * with errno where even that is not to be had.  They are changed to what the
 * new file has.
 */
int attributes_give(int fd, struct attributes *);

/**
 * Return the permission bits, before the umask, of a new file with what is in
 * the regular file `fd`.
 *
 * The new file has no list: if `fd` has one, the group gets what the list
 * gives the group, and others no more than anybody whom it names.
 */
mode_t attributes_for_copy(int fd);

#endif
