#include "config.h"

#include "user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/number.h"
#include "../system/capability.h"

#define OPTION	"--user"

struct user {
	uid_t uid;
	gid_t gid;
	char name[256];			/* of passwd(5); "": it has none */
};

/** True if the text is a number and nothing else; then set *uid. */
static bool
parse_uid(uid_t *uid, const char *text)
{
	uint32_t number;
	const char *end = number_parse(&number, text);

	if (end == NULL || *end != '\0')
		return false;
	*uid = number;
	return true;
}

/** Find the user; a name goes before a number, as for chown(1).  Return
 * STATUS_OK; on failure, print the reason and return STATUS_USAGE. */
static enum status
find(struct user *user, const char *text)
{
	const struct passwd *entry;
	bool is_number;

	*user = (struct user){ .name = "" };
	errno = 0;
	entry = getpwnam(text);
	is_number = entry == NULL && parse_uid(&user->uid, text);
	if (is_number)
		entry = getpwuid(user->uid);
	if (entry != NULL) {
		user->uid = entry->pw_uid;
		user->gid = entry->pw_gid;
		if (strlcpy(user->name, entry->pw_name, sizeof(user->name)) <
		    sizeof(user->name))
			return STATUS_OK;
		errno = ENAMETOOLONG;
	} else if (is_number) {
		user->gid = (gid_t)user->uid;
		return STATUS_OK;
	}
	/* getpwnam(3) lists the errnos that mean: there is none. */
	diag_error(OPTION, "'%s': %s", text, errno == 0 || errno == ENOENT ||
	    errno == ESRCH || errno == EBADF || errno == EPERM ?
	    "no such user" : strerror(errno));
	return STATUS_USAGE;
}

/** True if all our user IDs are this one. */
static bool
is_self(uid_t uid)
{
	return getuid() == uid && geteuid() == uid;
}

enum status
user_check(const char *name)
{
	struct user user;

	if (find(&user, name) != STATUS_OK)
		return STATUS_USAGE;
	if (user.uid == 0)
		diag_error(OPTION, "'%s' is root: name another user", name);
	else if (geteuid() != 0 && !is_self(user.uid))
		diag_error(OPTION, "'%s': only root can become another user",
		    name);
	else
		return STATUS_OK;
	return STATUS_USAGE;
}

/** Set groups and IDs.  Return 0, or -1 with errno and *doing set to the call
 * that failed. */
static int
set_ids(const struct user *user, const char **doing)
{
	*doing = "setgroups";
	if ((*user->name != '\0' ? initgroups(user->name, user->gid) :
	    setgroups(1, &user->gid)) < 0)
		return -1;
	*doing = "setresgid";
	if (setresgid(user->gid, user->gid, user->gid) < 0)
		return -1;
	/* The kernel clears all capabilities when no user ID is 0 any more,
	 * unless securebits forbid that, capabilities(7). */
	*doing = "setresuid";
	if (setresuid(user->uid, user->uid, user->uid) < 0)
		return -1;
	*doing = "capset";
	return capability_drop();
}

/** True if root, or its group, can be got back.  These calls succeed only if an
 * ID of the process, real, effective or saved, is 0, or if it has
 * capabilities. */
static bool
can_return(const struct user *user)
{
	return setuid(0) == 0 || seteuid(0) == 0 ||
	    (user->gid != 0 && setgid(0) == 0);
}

/** Return STATUS_OK; on failure, print the reason and return STATUS_OTHER. */
static enum status
become(const char *name)
{
	struct user user;
	const char *doing = "capset";
	int result;

	if (find(&user, name) != STATUS_OK)
		return STATUS_OTHER;
	result = is_self(user.uid) ? capability_drop() :
	    set_ids(&user, &doing);
	if (result < 0) {
		diag_errno(OPTION, doing);
		return STATUS_OTHER;
	}
	if (can_return(&user)) {
		diag_error(OPTION, "the kernel lets us be root again");
		return STATUS_OTHER;
	}
	diag_verbose("user: %s (uid %ju, gid %ju)", name,
	    (uintmax_t)getuid(), (uintmax_t)getgid());
	return STATUS_OK;
}

enum status
user_become(const char *name)
{
	static bool called;
	static enum status status;

	if (name == NULL)
		return STATUS_OK;
	if (!called)
		status = become(name);
	called = true;
	return status;
}
