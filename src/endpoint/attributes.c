#include "config.h"

#include "attributes.h"

#include <endian.h>
#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACL "system.posix_acl_access"

/* Return the size of the list; 0 where there is none, -1 where nobody knows. */
static ssize_t
list_read(int fd, struct access_list *list)
{
	ssize_t length = fgetxattr(fd, ACL, list, sizeof(*list));
	char self[40];

	/* fgetxattr(2) does not take an O_PATH descriptor.  Without /proc the
	 * list remains unknown: a path could lead to another file by now. */
	if (length < 0 && errno == EBADF) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		length = getxattr(self, ACL, list, sizeof(*list));
	}
	if (length < 0 && (errno == ENODATA || errno == EOPNOTSUPP))
		return 0;
	return length;
}

int
attributes_read(struct attributes *a, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	a->owner = st.st_uid;
	a->group = st.st_gid;
	a->mode = st.st_mode & 07777;
	a->size = list_read(fd, &a->list);
	return 0;
}

void
attributes_meet(struct attributes *a, const struct attributes *b)
{
	if (a->owner != b->owner)
		a->owner = ATTRIBUTES_NOBODY;
	if (a->group != b->group)
		a->group = ATTRIBUTES_NOBODY;
	a->mode &= b->mode;
	if (a->size != b->size ||
	    (a->size > 0 && memcmp(&a->list, &b->list, (size_t)a->size) != 0))
		a->size = -1;
}

/* What each class may do, 0 to 7. */
struct classes {
	unsigned owner, group, other;	/* the group: within the list's mask */
	bool masked;			/* the list has a mask */
};

static size_t
list_length(const struct attributes *a)
{
	if (a->size < (ssize_t)sizeof(a->list.header))
		return 0;
	return ((size_t)a->size - sizeof(a->list.header)) /
	    sizeof(a->list.entries[0]);
}

static struct classes
attributes_classes(const struct attributes *a)
{
	struct classes may = { .owner = (a->mode >> 6) & 7,
	    .group = (a->mode >> 3) & 7, .other = a->mode & 7 };

	for (size_t i = 0; i < list_length(a); i++) {
		const struct posix_acl_xattr_entry *entry = &a->list.entries[i];

		if (le16toh(entry->e_tag) == ACL_GROUP_OBJ)
			may.group &= le16toh(entry->e_perm);
		if (le16toh(entry->e_tag) == ACL_MASK)
			may.masked = true;
	}
	return may;
}

/* Change the list's entries to `may`; nobody whom it names may do more than
 * `most`. */
static void
list_narrow(struct attributes *a, const struct classes *may, unsigned most)
{
	for (size_t i = 0; i < list_length(a); i++) {
		struct posix_acl_xattr_entry *entry = &a->list.entries[i];
		unsigned perm = le16toh(entry->e_perm);

		switch (le16toh(entry->e_tag)) {
		case ACL_GROUP_OBJ:
			perm = may->group;
			break;
		case ACL_OTHER:
			perm = may->other;
			break;
		case ACL_USER:
		case ACL_GROUP:
			perm &= most;
			break;
		default:		/* ACL_USER_OBJ, ACL_MASK */
			break;
		}
		entry->e_perm = htole16((uint16_t)perm);
	}
}

/*
 * Narrow what a file has whose owner or group has not been kept.  The old
 * owner, and the members of the old group, are now what the list names them,
 * or others; and some of those are in the new group.  None of them may do
 * more as that than before.  The set-id bits would lend other rights: they go.
 */
static void
attributes_narrow(struct attributes *a, bool owner, bool group)
{
	struct classes may = attributes_classes(a);
	unsigned most = owner ? 7 : may.owner;

	if (!group)
		may.group = may.other &= may.group;
	may.group &= most;
	may.other &= most;
	list_narrow(a, &may, most);
	a->mode &= may.masked ? 0770 : 0700;
	a->mode |= (mode_t)(may.other | (may.masked ? 0 : may.group << 3));
}

/* Change owner and group as far as permitted.  Who may do what is narrowed
 * where one of them has not been kept. */
static void
attributes_chown(int fd, struct attributes *a)
{
	bool owner = false, group = false;
	struct stat new;

	if (fstat(fd, &new) < 0 || new.st_uid != a->owner ||
	    new.st_gid != a->group) {
		if (fchown(fd, a->owner, a->group) < 0)
			(void)!fchown(fd, (uid_t)-1, a->group);
	}
	if (fstat(fd, &new) == 0) {
		owner = new.st_uid == a->owner;
		group = new.st_gid == a->group;
	}
	if (!owner || !group)
		attributes_narrow(a, owner, group);
}

/* Set the list, or remove one that came from the directory's default list.
 * False: the new file may not have what the old one had. */
static bool
list_give(int fd, const struct attributes *a)
{
	if (a->size > 0)
		return fsetxattr(fd, ACL, &a->list, (size_t)a->size, 0) == 0;
	if (fremovexattr(fd, ACL) < 0 && errno != ENODATA &&
	    errno != EOPNOTSUPP)
		return false;
	return a->size == 0;
}

int
attributes_give(int fd, struct attributes *a)
{
	struct stat new;
	int error;

	/* Owner first: chown(2) clears setuid and setgid.  Mode last: with a
	 * list, its group bits are the list's mask. */
	attributes_chown(fd, a);

	/* Without the list, nobody knows who was kept out by it. */
	if (!list_give(fd, a))
		a->mode &= S_IRWXU;
	if (fchmod(fd, a->mode) == 0)
		return 0;

	/* Where modes are made up by the mount (vfat: EPERM). */
	error = errno;
	if (fstat(fd, &new) == 0 && (new.st_mode & 07777 & ~a->mode) == 0)
		return 0;
	errno = error;
	return -1;
}

mode_t
attributes_for_copy(int fd)
{
	struct attributes a;
	struct classes may;

	if (attributes_read(&a, fd) < 0)
		return S_IRUSR | S_IWUSR;
	if (a.size < 0)
		return a.mode & S_IRWXU;
	may = attributes_classes(&a);
	for (size_t i = 0; i < list_length(&a); i++) {
		const struct posix_acl_xattr_entry *entry = &a.list.entries[i];
		unsigned tag = le16toh(entry->e_tag);

		if (tag == ACL_USER || tag == ACL_GROUP)
			may.other &= le16toh(entry->e_perm) & a.mode >> 3;
	}
	return (mode_t)(may.owner << 6 | may.group << 3 | may.other);
}
