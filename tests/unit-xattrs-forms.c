/*
 * src/system/xattrs.c for macOS, against stand-ins: the calls have more
 * parameters, there are no namespaces, and two errors have other numbers.
 */
#include "config.h"

#include <sys/stat.h>

#include "lib-job.h"

/* Those of macOS.  Keep <sys/xattr.h> out: it declares the calls of Linux. */
#define _SYS_XATTR_H	1
#undef ENOATTR
#define ENOATTR		93
#undef ENOTSUP
#define ENOTSUP		45

#define FROM		7		/* two descriptors */
#define TO		8
#define FORK		"com.apple.ResourceFork"

static struct attribute {
	int fd;				/* of the file that has it, or 0 */
	char name[40];
	char value[40];
	size_t size;
} all[10];

static struct {
	int error;			/* this call fails with it, or 0 */
	char call;			/* 'g'et, 's'et, 'l'ist, 'r'emove */
	const char *name;		/* for this attribute only, or NULL */
	unsigned wrong;			/* calls with wrong parameters */
} mac;

static bool
is_to_fail(char call, const char *name)
{
	errno = mac.error;
	return mac.error != 0 && mac.call == call &&
	    (mac.name == NULL || strcmp(mac.name, name) == 0);
}

static struct attribute *
find(int fd, const char *name)
{
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].fd == fd && (fd == 0 ||
		    strcmp(all[i].name, name) == 0))
			return &all[i];
	errno = ENOATTR;
	return NULL;
}

static ssize_t
fgetxattr(int fd, const char *name, void *value, size_t size,
    uint32_t position, int options)
{
	const struct attribute *found;

	mac.wrong += position != 0 || options != 0;
	if (is_to_fail('g', name) || (found = find(fd, name)) == NULL)
		return -1;
	if (found->size > size) {
		errno = ERANGE;
		return -1;
	}
	memcpy(value, found->value, found->size);
	return (ssize_t)found->size;
}

static int
fsetxattr(int fd, const char *name, const void *value, size_t size,
    uint32_t position, int options)
{
	struct attribute *found;

	mac.wrong += position != 0 || options != 0;
	if (is_to_fail('s', name))
		return -1;
	found = find(fd, name);
	if (found == NULL)
		found = find(0, "");
	if (found == NULL || size > sizeof(found->value))
		give_up("no room");
	found->fd = fd;
	found->size = size;
	snprintf(found->name, sizeof(found->name), "%s", name);
	memcpy(found->value, value, size);
	return 0;
}

static ssize_t
flistxattr(int fd, char *names, size_t size, int options)
{
	size_t used = 0, length;

	mac.wrong += options != 0;
	if (is_to_fail('l', ""))
		return -1;
	for (size_t i = 0; i < COUNT(all); i++) {
		if (all[i].fd != fd)
			continue;
		length = strlen(all[i].name) + 1;
		if (names != NULL && used + length <= size)
			memcpy(names + used, all[i].name, length);
		used += length;
	}
	return (ssize_t)used;
}

static int
fremovexattr(int fd, const char *name, int options)
{
	struct attribute *found;

	mac.wrong += options != 0;
	if (is_to_fail('r', name) || (found = find(fd, name)) == NULL)
		return -1;
	found->fd = 0;
	return 0;
}

/* Names of files in /proc, which macOS does not have. */

static ssize_t
getxattr(const char *path, const char *name, void *value, size_t size,
    uint32_t position, int options)
{
	(void)path;
	(void)name;
	(void)value;
	(void)size;
	(void)position;
	(void)options;
	errno = ENOENT;
	return -1;
}

static ssize_t
listxattr(const char *path, char *names, size_t size, int options)
{
	(void)options;
	return getxattr(path, "", names, size, 0, 0);
}

#include "lib-elsewhere.h"

#ifndef __APPLE__
#define __APPLE__
#endif
#define HAVE_SYS_XATTR_H	1
#define xattrs_copy		by_macos_copy
#define xattrs_drop		by_macos_drop
#define xattrs_is_refused	by_macos_is_refused
#define xattrs_record_get	by_macos_record_get
#define xattrs_record_set	by_macos_record_set
#define xattrs_record_remove	by_macos_record_remove
#include "../src/system/xattrs.c"
#undef fgetxattr
#undef fsetxattr

static void
set(int fd, const char *name, const char *value)
{
	if (fsetxattr(fd, name, value, strlen(value), 0, 0) < 0)
		give_up("fsetxattr");
}

static bool
has(int fd, const char *name, const char *value)
{
	const struct attribute *found = find(fd, name);

	return value == NULL ? found == NULL : found != NULL &&
	    found->size == strlen(value) &&
	    memcmp(found->value, value, found->size) == 0;
}

static void
begin_case(void)
{
	memset(all, 0, sizeof(all));
	memset(&mac, 0, sizeof(mac));
	set(FROM, "com.apple.FinderInfo", "red");
	set(FROM, FORK, "icon");
	set(FROM, "org.example.note", "new");
	set(FROM, XATTRS_RECORD, "a part");
	set(TO, "org.example.note", "old");
}

static bool
copies_all(void)
{
	struct xattrs_failure failure;

	begin_case();
	CHECK(xattrs_copy(FROM, TO, XATTRS_USER, "to", &failure) == 0);
	CHECK(has(TO, "com.apple.FinderInfo", "red"));
	CHECK(has(TO, "org.example.note", "new"));
	CHECK(has(TO, FORK, NULL) && has(TO, XATTRS_RECORD, NULL));
	CHECK(mac.wrong == 0);
	return true;
}

/** Nothing is copied, and that is no failure. */
static bool
copies_none(char call, int error)
{
	struct xattrs_failure failure;

	begin_case();
	mac.call = call;
	mac.error = error;
	CHECK(xattrs_copy(FROM, TO, XATTRS_USER, "to", &failure) == 0);
	CHECK(has(TO, "com.apple.FinderInfo", NULL));
	CHECK(has(TO, "org.example.note", "old"));
	return true;
}

static bool
copies_others(char call, int error)
{
	struct xattrs_failure failure;

	begin_case();
	mac.call = call;
	mac.error = error;
	mac.name = "com.apple.FinderInfo";
	CHECK(xattrs_copy(FROM, TO, XATTRS_USER, "to", &failure) == 0);
	CHECK(has(TO, "com.apple.FinderInfo", NULL));
	CHECK(has(TO, "org.example.note", "new"));
	return true;
}

static bool
names_what_failed(char call, int error)
{
	struct xattrs_failure failure;

	begin_case();
	mac.call = call;
	mac.error = error;
	mac.name = "org.example.note";
	CHECK(xattrs_copy(FROM, TO, XATTRS_USER, "to", &failure) == -1 &&
	    errno == error);
	CHECK(failure.reading == (call == 'g') &&
	    strcmp(failure.attribute, "org.example.note") == 0);
	return true;
}

static bool
drops_all(void)
{
	begin_case();
	xattrs_drop(FROM, XATTRS_USER);
	CHECK(has(FROM, "com.apple.FinderInfo", NULL) &&
	    has(FROM, "org.example.note", NULL));
	CHECK(has(FROM, FORK, "icon") && has(FROM, XATTRS_RECORD, "a part"));
	CHECK(has(TO, "org.example.note", "old"));
	return true;
}

static bool
keeps_record(void)
{
	char value[10];

	begin_case();
	CHECK(xattrs_record_get(FROM, value, sizeof(value)) == 6 &&
	    memcmp(value, "a part", 6) == 0);
	CHECK(xattrs_record_get(FROM, value, 5) == -1 && errno == ERANGE);
	CHECK(xattrs_record_set(FROM, "b", 1) == 0 &&
	    has(FROM, XATTRS_RECORD, "b"));
	CHECK(xattrs_record_remove(FROM) == 0 &&
	    has(FROM, XATTRS_RECORD, NULL));
	CHECK(xattrs_record_remove(FROM) == 0);
	CHECK(xattrs_record_get(FROM, value, sizeof(value)) == -1 &&
	    errno == ENODATA);
	return true;
}

/** src/endpoint/record.c writes a file instead. */
static bool
refuses_record(void)
{
	begin_case();
	mac.call = 's';
	mac.error = ENOTSUP;
	CHECK(xattrs_record_set(FROM, "b", 1) == -1 &&
	    xattrs_is_refused(errno));
	return true;
}

int
main(void)
{
	begin();
	CASE(copies_all(), "attributes on macOS: all but the resource fork");
	CASE(copies_none('l', ENOTSUP),
	    "attributes on macOS: a file system that has none");
	CASE(copies_none('s', ENOTSUP),
	    "attributes on macOS: to a file system that has none");
	CASE(copies_others('s', EPERM),
	    "attributes on macOS: one that may not be set");
	CASE(copies_others('g', ENOATTR),
	    "attributes on macOS: one that was just removed");
	CASE(names_what_failed('s', ENOSPC),
	    "attributes on macOS: the disk is full");
	CASE(names_what_failed('g', EIO),
	    "attributes on macOS: one that cannot be read");
	CASE(drops_all(), "attributes on macOS: all are dropped");
	CASE(keeps_record(), "attributes on macOS: the record of a part");
	CASE(refuses_record(),
	    "attributes on macOS: no record where there are none");
	finish();
	return 0;
}
