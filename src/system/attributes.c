#include "config.h"

#include "attributes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/diag.h"

#ifdef __linux__
#include <endian.h>
#include <linux/posix_acl.h>
#include <sys/xattr.h>
#else
enum { ACL_USER = 2, ACL_GROUP_OBJ = 4, ACL_GROUP = 8, ACL_MASK = 16,
	ACL_OTHER = 32 };
#define le16toh(n)	(n)
#define htole16(n)	(n)
#endif

#ifdef __linux__

#define ACL "system.posix_acl_access"

/** True if this errno of fgetxattr(2) says that the file has no list. */
static bool
list_is_none(int error)
{
	return error == ENODATA || error == EOPNOTSUPP;
}

static void
list_read(struct attributes *a, int fd)
{
	char self[40];

	a->error = a->refused = 0;
	a->size = fgetxattr(fd, ACL, &a->list, sizeof(a->list));
	/* fgetxattr(2) does not take an O_PATH descriptor (EBADF), and a
	 * seccomp filter may not know it.  Without /proc the list remains
	 * unknown: a path could lead to another file by now. */
	if (a->size < 0 && !list_is_none(errno)) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		a->size = getxattr(self, ACL, &a->list, sizeof(a->list));
	}
	if (a->size >= 0)
		return;
	if (list_is_none(errno))
		a->size = 0;
	else
		a->error = errno;
}

/** Set the list, or remove one that came from the directory's default list.
 * Return NULL; or, if the new file may not have the list, what cannot be done
 * with whose list, with errno, which is 0 if no call failed. */
static const char *
list_give(int fd, const struct attributes *a, const char **whose)
{
	if (a->size < 0) {
		errno = a->error;
		if (errno != 0)
			return "cannot be read";
		*whose = "the file that took its name";
		return "is another";
	}
	if (a->size > 0)
		return fsetxattr(fd, ACL, &a->list, (size_t)a->size, 0) == 0 ?
		    NULL : "cannot be set";

	/* A seccomp filter may refuse the first and not the second. */
	if (fremovexattr(fd, ACL) == 0 || list_is_none(errno) ||
	    (fgetxattr(fd, ACL, NULL, 0) < 0 && list_is_none(errno)))
		return NULL;
	*whose = "its directory";
	return "cannot be removed";
}

#else

#if defined(__APPLE__) && defined(HAVE_SYS_ACL_H)
#include <sys/acl.h>

static bool
list_is_there(int fd)
{
	acl_t list = acl_get_fd_np(fd, ACL_TYPE_EXTENDED);

	if (list != NULL)
		acl_free(list);
	return list != NULL || errno != ENOENT;
}
#elif defined(HAVE_ACL_IS_TRIVIAL_NP)	/* FreeBSD */
#include <sys/acl.h>

static bool
list_is_there(int fd)
{
	acl_t list = acl_get_fd(fd);
	int trivial = 0;

	if (list == NULL)
		return errno != EOPNOTSUPP && errno != EINVAL;
	if (acl_is_trivial_np(list, &trivial) < 0)
		trivial = 0;
	acl_free(list);
	return !trivial;
}
#else
/** Assume one: what it forbids is not known. */
static bool
list_is_there(int fd)
{
	(void)fd;
	return true;
}
#endif

/** A list cannot be kept, so it counts as unknown. */
static void
list_read(struct attributes *a, int fd)
{
	a->refused = 0;
	a->size = list_is_there(fd) ? -1 : 0;
	a->error = a->size < 0 ? EOPNOTSUPP : 0;
}

static const char *
list_give(int fd, const struct attributes *a, const char **whose)
{
	if (a->size < 0) {
		errno = a->error;
		return "cannot be read";
	}
	errno = 0;
	if (!list_is_there(fd))
		return NULL;
	*whose = "its directory";
	return "cannot be removed";
}

#endif

int
attributes_read(struct attributes *a, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	a->owner = st.st_uid;
	a->group = st.st_gid;
	a->mode = st.st_mode & 07777;
	list_read(a, fd);
	return 0;
}

/** True if both lists are the same; false if one is unknown. */
static bool
list_equal(const struct attributes *a, const struct attributes *b)
{
	return a->size >= 0 && a->size == b->size &&
	    memcmp(&a->list, &b->list, (size_t)a->size) == 0;
}

bool
attributes_equal(const struct attributes *a, const struct attributes *b)
{
	return a->owner == b->owner && a->group == b->group &&
	    a->mode == b->mode && list_equal(a, b);
}

void
attributes_meet(struct attributes *a, const struct attributes *b)
{
	if (a->owner != b->owner)
		a->owner = ATTRIBUTES_NOBODY;
	if (a->group != b->group)
		a->group = ATTRIBUTES_NOBODY;
	a->mode &= b->mode;
	if (!list_equal(a, b)) {
		a->size = -1;
		if (a->error == 0)
			a->error = b->error;
	}
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

/** Set the entries of the group and of others to `may`, and restrict those of
 * named users and groups to `most`. */
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
 * Narrow the rights because the old owner or the old group was not kept.  The
 * old owner, and members of the old group, now get the rights of a named user
 * or group, of the new group, or of others: none of these may exceed what the
 * old owner and the old group had.  Clear the set-id bits, which would run the
 * file with another ID.
 */
static void
attributes_narrow(struct attributes *a, bool owner_kept, bool group_kept)
{
	struct classes may = attributes_classes(a);
	unsigned most = owner_kept ? 7 : may.owner;

	if (!group_kept)
		may.group = may.other &= may.group;
	may.group &= most;
	may.other &= most;
	list_narrow(a, &may, most);
	a->mode &= may.masked ? 0770 : 0700;
	a->mode |= (mode_t)(may.other | (may.masked ? 0 : may.group << 3));
}

/** Keep the first errno. */
static void
attributes_note(struct attributes *a, int error)
{
	if (a->refused == 0)
		a->refused = error;
}

/** Change owner and group as far as permitted, and narrow the rights if one of
 * them could not be changed. */
static void
attributes_chown(int fd, struct attributes *a)
{
	bool owner_kept = false, group_kept = false;
	struct stat new;

	if (fstat(fd, &new) < 0 || new.st_uid != a->owner ||
	    new.st_gid != a->group) {
		if (fchown(fd, a->owner, a->group) < 0) {
			attributes_note(a, errno);
			(void)!fchown(fd, (uid_t)-1, a->group);
		}
	}
	if (fstat(fd, &new) == 0) {
		owner_kept = new.st_uid == a->owner;
		group_kept = new.st_gid == a->group;
	}
	if (!owner_kept || !group_kept)
		attributes_narrow(a, owner_kept, group_kept);
}

/**
 * Take the file back from its new owner, if we may not set the list and the
 * mode of another user's file: both need CAP_FOWNER, which a container may lack
 * although it has CAP_CHOWN.  Return false if that is not necessary, or not
 * possible: file systems that make up the owner (vfat) refuse to change it.
 *
 * The group stays as it is, so that the mode never gives another group its
 * rights.
 */
static bool
attributes_take_back(int fd)
{
	struct stat st;

	/* Setting the mode that it has changes nothing; EPERM says that we
	 * may not set another. */
	if (fstat(fd, &st) < 0 || st.st_uid == geteuid() ||
	    fchmod(fd, st.st_mode & 07777) == 0 || errno != EPERM)
		return false;
	return fchown(fd, geteuid(), (gid_t)-1) == 0;
}

/** Set list and mode.  Return 0, or -1 with errno. */
static int
attributes_set(int fd, struct attributes *a, const char *name,
    const char *whose)
{
	const char *lost = list_give(fd, a, &whose);
	struct stat st;
	int error = errno;

	/* Without the list it is unknown whom it kept out. */
	if (lost != NULL && (a->mode & (S_IRWXG | S_IRWXO)) != 0)
		diag_verbose("%s: the access list of %s %s%s%s: only the "
		    "owner's rights are kept", name, whose, lost,
		    error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
	if (lost != NULL) {
		a->mode &= S_IRWXU;
		attributes_note(a, error);
	}
	/* Where the mount makes up modes (vfat), chmod(2) fails with EPERM, or
	 * returns 0 and changes nothing. */
	error = fchmod(fd, a->mode) < 0 ? errno : 0;
	attributes_note(a, error);
	if (fstat(fd, &st) < 0)
		return -1;
	errno = error != 0 ? error : EPERM;
	return (st.st_mode & 07777 & ~a->mode) == 0 ? 0 : -1;
}

int
attributes_give(int fd, struct attributes *a, const char *name,
    const char *whose)
{
	a->refused = 0;

	/* Owner first: chown(2) clears setuid and setgid.  Mode last: with a
	 * list, its group bits are the list's mask. */
	attributes_chown(fd, a);
	if (!attributes_take_back(fd))
		return attributes_set(fd, a, name, whose);

	/* Then the owner is set last, and chown(2) clears the set-id bits. */
	a->mode &= ~(mode_t)(S_ISUID | S_ISGID);
	if (attributes_set(fd, a, name, whose) < 0)
		return -1;
	if (fchown(fd, a->owner, (gid_t)-1) == 0)
		return 0;
	attributes_narrow(a, false, true);
	return attributes_set(fd, a, name, whose);
}

mode_t
attributes_for_copy(int fd, const char *name)
{
	struct attributes a;
	struct classes may;

	if (attributes_read(&a, fd) < 0)
		return S_IRUSR | S_IWUSR;
	if (a.size < 0) {
		if ((a.mode & (S_IRWXG | S_IRWXO)) != 0)
			diag_verbose("%s: its access list cannot be read: %s: "
			    "a new DEST has only the owner's rights", name,
			    strerror(a.error));
		return a.mode & S_IRWXU;
	}
	may = attributes_classes(&a);
	for (size_t i = 0; i < list_length(&a); i++) {
		const struct posix_acl_xattr_entry *entry = &a.list.entries[i];
		unsigned tag = le16toh(entry->e_tag);

		if (tag == ACL_USER || tag == ACL_GROUP)
			may.other &= le16toh(entry->e_perm) & a.mode >> 3;
	}
	return (mode_t)(may.owner << 6 | may.group << 3 | may.other);
}
