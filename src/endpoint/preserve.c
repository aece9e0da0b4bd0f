#include "config.h"

#include "preserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "../base/diag.h"
#include "../system/xattrs.h"
#include "look.h"

enum status
preserve_check(const struct endpoint *source)
{
	return !source->options->preserve ? STATUS_OK :
	    look_check_kind(source, 1u << ZC_REGULAR, "--preserve",
	    ", not a regular file: name the file as SOURCE, or leave out "
	    "--preserve and set the attributes of DEST afterwards");
}

enum status
preserve_read(struct preserved *preserved, const struct endpoint *source)
{
	struct attributes *a = &preserved->attributes;

	errno = ESTALE;			/* not what preserve_check() saw */
	if (!S_ISREG(source->st.st_mode))
		return endpoint_error(source, "--preserve");
	preserved->source = source;
	preserved->times[0] = source->st.st_atim;
	preserved->times[1] = source->st.st_mtim;
	if (attributes_read(a, source->fd) < 0)
		return endpoint_error(source, "--preserve");
	errno = a->error;
	if (a->size < 0 && !xattrs_is_refused(a->error))
		return endpoint_error(source, "--preserve: access list");
	if (capabilities_read(&preserved->capabilities, source->fd) < 0) {
		if (errno != EOVERFLOW && !xattrs_is_refused(errno))
			return endpoint_error(source,
			    "--preserve: capabilities");
		diag_verbose("%s: capabilities: cannot be kept: %s",
		    source->name, strerror(errno));
	}
	return STATUS_OK;
}

/** Take all rights but the owner's, unless DEST has those of SOURCE already.
 * The group bits are the mask of a POSIX ACL, so this covers its entries. */
static enum status
preserve_shut(const struct endpoint *dest)
{
	const mode_t others = S_IRWXG | S_IRWXO;
	struct attributes old;
	struct stat st;

	errno = ESTALE;			/* not what preserve_check() saw */
	if (!S_ISREG(dest->st.st_mode) || attributes_read(&old, dest->fd) < 0)
		return endpoint_error(dest, "--preserve");
	if ((old.mode & others) == 0 ||
	    attributes_equal(&old, &dest->preserved->attributes))
		return STATUS_OK;
	if (fchmod(dest->fd, old.mode & S_IRWXU) == 0 &&
	    fstat(dest->fd, &st) == 0) {
		if ((st.st_mode & others) == 0)
			return STATUS_OK;
		errno = EPERM;		/* chmod(2) does nothing on vfat */
	}
	return endpoint_error(dest, "--preserve: limit its rights to those of "
	    "SOURCE");
}

enum status
preserve_begin(const struct endpoint *dest)
{
	const struct endpoint *source = dest->preserved->source;
	struct xattrs_failure failure;
	enum status status = STATUS_OK;
	char doing[sizeof(failure.attribute) + 40];

	if (!endpoint_has(dest, ENDPOINT_REPLACES))
		status = preserve_shut(dest);
	if (status != STATUS_OK)
		return status;
	/* Now, because the final mode may forbid us to set user.* attributes.
	 */
	if (xattrs_copy(source->fd, dest->fd, XATTRS_USER | XATTRS_TRUSTED,
	    dest->name, &failure) == 0)
		return STATUS_OK;
	snprintf(doing, sizeof(doing), "--preserve: %s",
	    *failure.attribute != '\0' ? failure.attribute :
	    "extended attributes");
	return endpoint_error(failure.reading ? source : dest, doing);
}

/** True if this errno says that an owner, a mode or an ACL cannot be kept here.
 * EINVAL: an ID that this user namespace does not have. */
static bool
preserve_is_refused(int error)
{
	return error == 0 || error == EINVAL || xattrs_is_refused(error);
}

/** Report with -v that owner, group or mode was not kept, and the errno of
 * chown(2) or chmod(2) if one failed. */
static void
preserve_report(const struct endpoint *dest, const struct stat *st, int refused)
{
	const struct attributes *a = &dest->preserved->attributes;
	const char *colon = refused != 0 ? ": " : "";
	const char *reason = refused != 0 ? strerror(refused) : "";

	if (st->st_uid != a->owner || st->st_gid != a->group)
		diag_verbose("%s: owner %u:%u: cannot be kept%s%s (now %u:%u)",
		    dest->name, a->owner, a->group, colon, reason, st->st_uid,
		    st->st_gid);
	if ((st->st_mode & 07777) != a->mode)
		diag_verbose("%s: mode %04o: cannot be kept%s%s (now %04o)",
		    dest->name, a->mode, colon, reason, st->st_mode & 07777);
}

/** Set the times.  Do it before the owner is changed: only the owner may,
 * unless CAP_FOWNER is effective.  Nothing that follows moves them. */
static enum status
preserve_times(const struct endpoint *dest)
{
	const struct timespec *modified = &dest->preserved->times[1];
	struct stat st;

	if (futimens(dest->fd, dest->preserved->times) < 0) {
		if (!xattrs_is_refused(errno))
			return endpoint_error(dest, "--preserve: times");
		diag_verbose("%s: times: cannot be kept: %s", dest->name,
		    strerror(errno));
	} else if (fstat(dest->fd, &st) == 0 &&
	    (st.st_mtim.tv_sec != modified->tv_sec ||
	    st.st_mtim.tv_nsec != modified->tv_nsec)) {
		diag_verbose("%s: times: its file system has kept them less "
		    "exactly", dest->name);
	}
	return STATUS_OK;
}

/** Set the capabilities, which write(2) and chown(2) drop, if owner and group
 * were kept. */
static enum status
preserve_capabilities(const struct endpoint *dest, const struct stat *st)
{
	const struct preserved *preserved = dest->preserved;

	if (preserved->capabilities.size == 0)
		return STATUS_OK;
	errno = EPERM;
	if (st->st_uid == preserved->attributes.owner &&
	    st->st_gid == preserved->attributes.group &&
	    capabilities_give(dest->fd, &preserved->capabilities) == 0)
		return STATUS_OK;
	if (!xattrs_is_refused(errno))
		return endpoint_error(dest, "--preserve: capabilities");
	diag_verbose("%s: capabilities: cannot be kept: %s", dest->name,
	    strerror(errno));
	return STATUS_OK;
}

enum status
preserve_finish(const struct endpoint *dest)
{
	struct attributes given = dest->preserved->attributes;
	enum status status = preserve_times(dest);
	struct stat st;

	if (status != STATUS_OK)
		return status;
	if (attributes_give(dest->fd, &given, dest->name, "SOURCE") < 0)
		return endpoint_error(dest, "--preserve: it would grant more "
		    "than SOURCE");
	errno = given.refused;
	if (!preserve_is_refused(given.refused) || fstat(dest->fd, &st) < 0)
		return endpoint_error(dest, "--preserve: owner, mode or "
		    "access list");
	preserve_report(dest, &st, given.refused);
	return preserve_capabilities(dest, &st);
}
