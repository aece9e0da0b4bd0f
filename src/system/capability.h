/*
 * capabilities(7): what root may do, where it has been limited, and what the
 * program in a file may do.
 */
#ifndef SYSTEM_CAPABILITY_H
#define SYSTEM_CAPABILITY_H

#include <stdbool.h>
#include <sys/types.h>

/** True if CAP_FOWNER is effective.  Root may lack it in a container, or under
 * systemd's CapabilityBoundingSet. */
bool capability_fowner(void);

/** True if this is not root, but has a capability that only the program file
 * can have given to it: execve(2) keeps none but the ambient ones, and drops
 * these as well if the file has capabilities. */
bool capability_from_file(void);

/** Drop all capabilities of this thread.  Return 0 if none is left, or -1 with
 * errno. */
int capability_drop(void);

/** The attribute security.capability, as getxattr(2) returns it in this user
 * namespace. */
struct file_capabilities {
	ssize_t size;			/* 0: none */
	unsigned char value[64];	/* the kernel's longest has 24 */
};

/** Read the capabilities of an open file; there are none if its file system has
 * none.  Return 0, or -1 with errno, and size 0: EOVERFLOW if they hold only in
 * another user namespace. */
int capabilities_read(struct file_capabilities *, int fd);

/** Give them to another file, which needs CAP_SETFCAP.  write(2) and chown(2)
 * drop them.  Return 0, or -1 with errno. */
int capabilities_give(int fd, const struct file_capabilities *);

#endif
