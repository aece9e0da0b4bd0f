/*
 * Extended attributes: xattr(7).
 *
 * Those of security.* belong to the security policy of the system, and those of
 * system.* are other things in disguise: attributes.h has the POSIX ACL,
 * capability.h the capabilities of a file.
 */
#ifndef SYSTEM_XATTRS_H
#define SYSTEM_XATTRS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef __linux__
#include <linux/limits.h>
#else
#define XATTR_NAME_MAX	255
#define XATTR_SIZE_MAX	65536
#define XATTR_LIST_MAX	65536
#endif

/* The record that --resume keeps with a part (../endpoint/record.h).  It
 * describes that one file, so xattrs_copy() never copies it. */
#define XATTRS_RECORD	"user.zcopy.part"

/** The namespaces that xattrs_copy() knows; a set of bits. */
enum xattrs_space {
	XATTRS_USER = 1,		/* user.*: for any program.  macOS has
					   no namespaces: all but resource
					   forks, which are content */
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

/** Remove the attributes of these namespaces, except XATTRS_RECORD and those
 * that cannot be removed. */
void xattrs_drop(int fd, unsigned spaces);

/** Read XATTRS_RECORD.  Return its size, or -1 with errno: ENODATA if there is
 * none, ERANGE if it is larger. */
ssize_t xattrs_record_get(int fd, void *value, size_t size);

/** Set XATTRS_RECORD.  Return 0, or -1 with errno. */
int xattrs_record_set(int fd, const void *value, size_t size);

/** Remove XATTRS_RECORD.  Return 0, also if there is none, or -1 with errno. */
int xattrs_record_remove(int fd);

#endif
