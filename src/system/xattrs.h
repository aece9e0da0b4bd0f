/*
 * Extended attributes: xattr(7).
 *
 * Those of security.* belong to the security policy of the system, and those of
 * system.* are other things in disguise: attributes.h has the POSIX ACL,
 * capability.h the capabilities of a file.
 */
#ifndef SYSTEM_XATTRS_H
#define SYSTEM_XATTRS_H

#include <linux/limits.h>
#include <stdbool.h>

/** The namespaces that xattrs_copy() knows; a set of bits. */
enum xattrs_space {
	XATTRS_USER = 1,		/* user.*: for any program */
	XATTRS_TRUSTED = 2,		/* trusted.*: only with CAP_SYS_ADMIN */
};

/** What xattrs_copy() could not do. */
struct xattrs_failure {
	bool reading;			/* from the first file */
	char attribute[XATTR_NAME_MAX + 1];	/* "": the list of names */
};

/** True if this errno says that an attribute cannot be kept here: no
 * permission, or no support by the file system or a seccomp filter. */
bool xattrs_is_refused(int error);

/**
 * Set the extended attributes of the file `from`, which may be O_PATH, on the
 * file `to`; only those of these namespaces.  Attributes that `to` has besides
 * stay.  Skip what is refused (xattrs_is_refused()); with -v, print that, with
 * the `name` of `to`.  Return 0, or -1 with errno and *failure.
 */
int xattrs_copy(int from, int to, unsigned spaces, const char *name,
    struct xattrs_failure *failure);

#endif
