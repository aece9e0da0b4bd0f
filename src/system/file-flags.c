#include "config.h"

#include "file-flags.h"

#include <fcntl.h>
#include <unistd.h>

#ifdef __linux__

#include <sys/syscall.h>

/* musl has statx(2) since 1.2.5. */
#ifndef HAVE_STRUCT_STATX
#include <linux/stat.h>

static int
statx(int dir, const char *name, int flags, unsigned mask, struct statx *st)
{
	return (int)syscall(SYS_statx, dir, name, flags, mask, st);
}
#endif

static void
fetch(struct file_flags *flags, int dir, const char *name, int how)
{
	struct statx st;

	*flags = (struct file_flags){ .all = 0 };
	if (statx(dir, name, how, STATX_BASIC_STATS, &st) < 0)
		return;
	flags->all = st.stx_attributes;
	flags->append = (st.stx_attributes & STATX_ATTR_APPEND) != 0;
	flags->fixed = (st.stx_attributes & STATX_ATTR_IMMUTABLE) != 0;
	/* Linux 5.8. */
	flags->mount_known =
	    (st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
	flags->mounted = (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

void
file_flags_of(struct file_flags *flags, int fd)
{
	fetch(flags, fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC);
}

void
file_flags_at(struct file_flags *flags, int dir, const char *name, bool follow)
{
	fetch(flags, dir, name, follow ? 0 : AT_SYMLINK_NOFOLLOW);
}

int
file_stat_now(int fd, struct stat *st)
{
	struct statx now;

	/* This renews the cache, which fstat(2) then reads. */
	(void)statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC,
	    STATX_BASIC_STATS, &now);
	return fstat(fd, st);
}

#else

/* chflags(2) of the BSDs and macOS.  illumos has no flags. */
#ifdef UF_APPEND
static void
flags_in(struct file_flags *flags, const struct stat *st)
{
	flags->all = st->st_flags;
	flags->append = (st->st_flags & (UF_APPEND | SF_APPEND)) != 0;
	flags->fixed = (st->st_flags & (UF_IMMUTABLE | SF_IMMUTABLE)) != 0;
}
#else
static void
flags_in(struct file_flags *flags, const struct stat *st)
{
	(void)flags;
	(void)st;
}
#endif

void
file_flags_of(struct file_flags *flags, int fd)
{
	struct stat st;

	*flags = (struct file_flags){ .all = 0 };
	if (fstat(fd, &st) == 0)
		flags_in(flags, &st);
}

void
file_flags_at(struct file_flags *flags, int dir, const char *name, bool follow)
{
	struct stat st;

	*flags = (struct file_flags){ .all = 0 };
	if (fstatat(dir, name, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0)
		flags_in(flags, &st);
}

int
file_stat_now(int fd, struct stat *st)
{
	return fstat(fd, st);
}

#endif
