#include "config.h"

#include "xattrs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/diag.h"

#if defined(__linux__)
#include <sys/xattr.h>
#elif defined(__APPLE__) && defined(HAVE_SYS_XATTR_H)
#include <sys/xattr.h>

/* macOS has no namespaces.  A resource fork is content of the file, like its
 * data. */
#define IN_USER_SPACE(name)	(strcmp((name), "com.apple.ResourceFork") != 0)

/** Make the errno that of Linux: macOS has numbers of its own for "no such
 * attribute" and "not supported by this file system". */
static ssize_t
as_linux(ssize_t result)
{
	if (result < 0 && errno == ENOATTR)
		errno = ENODATA;
	else if (result < 0 && errno == ENOTSUP)
		errno = EOPNOTSUPP;
	return result;
}

/* There they have more parameters. */
#define getxattr(path, name, value, size) \
	as_linux(getxattr((path), (name), (value), (size), 0, 0))
#define fgetxattr(fd, name, value, size) \
	as_linux(fgetxattr((fd), (name), (value), (size), 0, 0))
#define fsetxattr(fd, name, value, size, flags) \
	(int)as_linux(fsetxattr((fd), (name), (value), (size), 0, (flags)))
#define listxattr(path, names, size) \
	as_linux(listxattr((path), (names), (size), 0))
#define flistxattr(fd, names, size) \
	as_linux(flistxattr((fd), (names), (size), 0))
#define fremovexattr(fd, name) \
	(int)as_linux(fremovexattr((fd), (name), 0))
#else
/* The calls of FreeBSD and illumos have nothing in common with these. */
#define refuse()	(errno = EOPNOTSUPP, -1)
#define getxattr(path, name, value, size) \
	((void)(path), (void)(name), (void)(value), (void)(size), refuse())
#define fgetxattr	getxattr
#define fsetxattr(fd, name, value, size, flags) \
	getxattr(fd, name, value, size)
#define listxattr(path, names, size)	getxattr(path, "", names, size)
#define flistxattr	listxattr
#define fremovexattr(fd, name)		getxattr(fd, name, NULL, 0)
#endif

#ifndef IN_USER_SPACE
#define IN_USER_SPACE(name)	(strncmp((name), "user.", strlen("user.")) == 0)
#endif

/* The largest that there are, so one call reads a list or a value whole, even
 * if it grows at that moment. */
struct buffers {
	char names[XATTR_LIST_MAX];
	char value[XATTR_SIZE_MAX];
};

/* An open file.  With O_PATH, fgetxattr(2) and flistxattr(2) fail with EBADF;
 * then use the name that /proc has for it.  Another path could lead to another
 * file by now. */
struct file {
	int fd;
	char self[40];			/* that name, or "" */
};

bool
xattrs_is_refused(int error)
{
	return error == EPERM || error == EACCES || error == EOPNOTSUPP ||
	    error == ENOSYS;
}

static ssize_t
list(const struct file *file, char *names, size_t size)
{
	return *file->self != '\0' ? listxattr(file->self, names, size) :
	    flistxattr(file->fd, names, size);
}

static ssize_t
get(const struct file *file, const char *attribute, void *value, size_t size)
{
	return *file->self != '\0' ?
	    getxattr(file->self, attribute, value, size) :
	    fgetxattr(file->fd, attribute, value, size);
}

/** Find out how to read the attributes.  Return the length of the list of
 * names, or -1 with errno. */
static ssize_t
open_list(struct file *file, int fd)
{
	ssize_t length;

	*file = (struct file){ .fd = fd };
	length = list(file, NULL, 0);
	if (length >= 0 || errno != EBADF)
		return length;
	snprintf(file->self, sizeof(file->self), "/proc/self/fd/%d", fd);
	return list(file, NULL, 0);
}

/** Return 0 if this errno of listxattr(2) means that there are no attributes
 * here, or that they cannot be kept; with -v, print the latter.  Else return
 * -1. */
static int
list_failed(const char *name)
{
	const bool no_proc = errno == ENOENT;

	if (errno == EOPNOTSUPP)
		return 0;
	if (!no_proc && !xattrs_is_refused(errno))
		return -1;
	diag_verbose("%s: extended attributes: cannot be kept: %s%s", name,
	    strerror(errno), no_proc ? " (in /proc)" : "");
	return 0;
}

static bool
is_in(const char *attribute, unsigned spaces)
{
	if (strcmp(attribute, XATTRS_RECORD) == 0)
		return false;
	return ((spaces & XATTRS_USER) && IN_USER_SPACE(attribute)) ||
	    ((spaces & XATTRS_TRUSTED) &&
	    strncmp(attribute, "trusted.", strlen("trusted.")) == 0);
}

/** Copy one attribute.  Return 0, or -1 with errno. */
static int
copy_one(const struct file *from, int to, const char *attribute, void *value,
    struct xattrs_failure *failure)
{
	ssize_t size = get(from, attribute, value, XATTR_SIZE_MAX);

	failure->reading = size < 0;
	if (size < 0)
		return errno == ENODATA ? 0 : -1;	/* just removed */
	return fsetxattr(to, attribute, value, (size_t)size, 0);
}

static int
copy_listed(const struct file *from, int to, unsigned spaces, const char *name,
    struct buffers *buffers, struct xattrs_failure *failure)
{
	ssize_t length = list(from, buffers->names, sizeof(buffers->names));

	if (length < 0)
		return list_failed(name);
	for (const char *attribute = buffers->names;
	    attribute < buffers->names + length;
	    attribute += strlen(attribute) + 1) {
		if (!is_in(attribute, spaces) || copy_one(from, to, attribute,
		    buffers->value, failure) == 0)
			continue;
		if (!xattrs_is_refused(errno)) {
			strlcpy(failure->attribute, attribute,
			    sizeof(failure->attribute));
			return -1;
		}
		diag_verbose("%s: %s: cannot be kept: %s", name, attribute,
		    strerror(errno));
	}
	return 0;
}

int
xattrs_copy(int from, int to, unsigned spaces, const char *name,
    struct xattrs_failure *failure)
{
	struct buffers *buffers;
	struct file file;
	ssize_t length = open_list(&file, from);
	int result, error;

	*failure = (struct xattrs_failure){ .reading = true };
	if (length < 0)
		return list_failed(name);
	if (length == 0)
		return 0;
	buffers = malloc(sizeof(*buffers));
	if (buffers == NULL)
		return -1;
	result = copy_listed(&file, to, spaces, name, buffers, failure);
	error = errno;
	free(buffers);
	errno = error;
	return result;
}

void
xattrs_drop(int fd, unsigned spaces)
{
	char *names = malloc(XATTR_LIST_MAX);
	ssize_t length = names == NULL ? -1 :
	    flistxattr(fd, names, XATTR_LIST_MAX);

	for (const char *attribute = names; length > 0 &&
	    attribute < names + length; attribute += strlen(attribute) + 1)
		if (is_in(attribute, spaces))
			(void)fremovexattr(fd, attribute);
	free(names);
}

ssize_t
xattrs_record_get(int fd, void *value, size_t size)
{
	return fgetxattr(fd, XATTRS_RECORD, value, size);
}

int
xattrs_record_set(int fd, const void *value, size_t size)
{
	return fsetxattr(fd, XATTRS_RECORD, value, size, 0);
}

int
xattrs_record_remove(int fd)
{
	return fremovexattr(fd, XATTRS_RECORD) == 0 || errno == ENODATA ? 0 :
	    -1;
}
