#include "config.h"

#include "part.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../system/xattrs.h"
#include "checkpoint.h"
#include "location.h"
#include "temporary.h"


enum { TRIES = 20 };			/* for a name that others give away */

struct part_state {
	const struct location *location;
	char name[NAME_MAX + 1];	/* in location->dir */
	struct record_place place;
	struct record record;		/* as written last */
	struct checkpoint checkpoint;
	bool found;			/* it was there before we opened it */
	bool begun;			/* part_begin() was called */
	bool worthless;
	bool released;			/* it has no record, and another name */
};

static const char strange[] = "it exists, and zcopy has not written it: rename "
    "or remove it";

/** Write the name of the part in this location. */
static void
write_name(const struct endpoint *ep, const struct location *location,
    char *name, size_t size)
{
	const char *slash = strrchr(ep->path, '/');
	const char *base = location->base;

	/* A link leads elsewhere. */
	if (strcmp(slash != NULL ? slash + 1 : ep->path, base) == 0)
		snprintf(name, size, "%s" PART_SUFFIX, ep->name);
	else
		snprintf(name, size, "%s" PART_SUFFIX, base);
}

void
part_name(const struct endpoint *ep, char *name, size_t size)
{
	write_name(ep, ep->part->location, name, size);
}

/** Print what is wrong with the part in this location.  Return the exit
 * status. */
static enum status
refuse_at(const struct endpoint *ep, const struct location *location,
    const char *why)
{
	char name[PATH_MAX + sizeof(PART_SUFFIX)];

	write_name(ep, location, name, sizeof(name));
	diag_error(name, "--resume: %s", why);
	return endpoint_fault(ep);
}

static enum status
refuse(const struct endpoint *ep, const char *why)
{
	return refuse_at(ep, ep->part->location, why);
}

/** Return why this file cannot be the part, or NULL. */
static const char *
objection(const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return "it is a symbolic link: remove it";
	if (!S_ISREG(st->st_mode))
		return "it is not a regular file: rename or remove it";
	if (st->st_uid != geteuid())
		return "it belongs to another user: remove it, or run zcopy as "
		    "that user";
	if (st->st_nlink > 1)
		return "it has other names (hard links), which would be "
		    "written, too: remove it";
	return NULL;
}

/** Make the name of the part in this location.  Return STATUS_OK; if it is too
 * long, print that and return the exit status. */
static enum status
make_name(char name[NAME_MAX + 1], const struct endpoint *ep,
    const struct location *location)
{
	if (snprintf(name, NAME_MAX + 1, "%s" PART_SUFFIX, location->base) <=
	    NAME_MAX)
		return STATUS_OK;
	diag_error(ep->name, "--resume: the name is too long: there is no room "
	    "for \"" PART_SUFFIX "\" behind it");
	return endpoint_fault(ep);
}

/** Lock the part, which is open as `fd`.  Return NULL, or what is wrong.  Set
 * *gone if it has lost its name: the zcopy that had locked it was done. */
static const char *
lock(const struct part_state *part, int fd, bool *gone)
{
	struct stat there, st;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ?
		    "another zcopy is at work on it" : strerror(errno);
	*gone = fstatat(part->location->dir, part->name, &there,
	    AT_SYMLINK_NOFOLLOW) < 0 || fstat(fd, &st) < 0 ||
	    !endpoint_same_inode(&there, &st);
	return *gone ? "others keep replacing it" : objection(&st);
}

/** Open the part as ep->fd, and lock it.  Return NULL, or what is wrong; *gone
 * as lock() sets it. */
static const char *
open_once(struct endpoint *ep, bool *gone)
{
	struct part_state *part = ep->part;
	const int dir = part->location->dir;
	const char *why;
	struct stat there;

	/* Look before opening, because opening a device may act. */
	part->found = fstatat(dir, part->name, &there,
	    AT_SYMLINK_NOFOLLOW) == 0;
	why = part->found ? objection(&there) : NULL;
	if (why != NULL)
		return why;
	ep->fd = openat(dir, part->name, O_RDWR | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (ep->fd < 0)
		return strerror(errno);
	why = lock(part, ep->fd, gone);
	if (why == NULL)
		return NULL;
	close(ep->fd);
	ep->fd = -1;
	return why;
}

/** Read the record of a part that has `size` bytes.  Return NULL, or what is
 * wrong. */
static const char *
read_record(struct record_place *place, struct record *record, off_t size)
{
	const int found = record_read(place, record);

	if (found < 0 && errno != EBADMSG)
		return strerror(errno);
	/* Empty: we died between open(2) and the first record. */
	return found < 0 || (found == 0 && size > 0) ? strange : NULL;
}

/** Read the record of the part, which is open and locked. */
static enum status
take_record(struct endpoint *ep)
{
	struct part_state *part = ep->part;
	const char *why;
	struct stat st;

	if (fstat(ep->fd, &st) < 0)
		return refuse(ep, strerror(errno));
	record_locate(&part->place, part->location->dir, ep->fd, part->name);
	why = read_record(&part->place, &part->record, st.st_size);
	return why != NULL ? refuse(ep, why) : STATUS_OK;
}

void
part_leave(struct endpoint *ep)
{
	if (ep->fd >= 0)
		close(ep->fd);
	ep->fd = -1;
	record_close(&ep->part->place);
	free(ep->part);
	ep->part = NULL;
}

enum status
part_open(struct endpoint *ep, const struct location *location)
{
	const char *why = NULL;
	bool gone = true;
	enum status status;

	ep->part = calloc(1, sizeof(*ep->part));
	if (ep->part == NULL)
		return endpoint_error(ep, "--resume");
	ep->part->location = location;
	ep->part->place.file = -1;
	status = make_name(ep->part->name, ep, location);
	for (int i = 0; status == STATUS_OK && i < TRIES && gone; i++) {
		gone = false;
		why = open_once(ep, &gone);
	}
	if (why != NULL)
		status = refuse(ep, why);
	else if (status == STATUS_OK)
		status = take_record(ep);
	if (status != STATUS_OK)
		part_leave(ep);
	return status;
}

enum status
part_look(const struct endpoint *ep, const struct location *location,
    struct record *record)
{
	struct record_place place;
	char name[NAME_MAX + 1];
	struct stat st;
	enum status status = make_name(name, ep, location);
	const char *why;
	int fd;

	*record = (struct record){ .flushed = 0 };
	if (status != STATUS_OK || fstatat(location->dir, name, &st,
	    AT_SYMLINK_NOFOLLOW) < 0)
		return status;
	why = objection(&st);
	if (why != NULL)
		return refuse_at(ep, location, why);
	fd = openat(location->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return refuse_at(ep, location, strerror(errno));
	record_locate(&place, location->dir, fd, name);
	why = read_record(&place, record, st.st_size);
	record_close(&place);
	close(fd);
	return why != NULL ? refuse_at(ep, location, why) : STATUS_OK;
}

const struct record *
part_record(const struct endpoint *ep)
{
	return &ep->part->record;
}

/** Write the record, with this many bytes and their digest.  Return 0, or -1
 * with errno. */
static int
save(void *arg, int64_t flushed, const struct digest *digest)
{
	struct part_state *part = arg;
	struct record record = part->record;
	const struct digest_value value = digest_value(digest);

	record.flushed = flushed;
	memcpy(record.digest, value.bytes, RECORD_DIGEST);
	if (record_write(&part->place, &record) < 0)
		return -1;
	part->record = record;
	return 0;
}

enum status
part_begin(struct endpoint *ep, const struct record *record,
    struct digest *digest)
{
	struct part_state *part = ep->part;
	struct stat st;

	part->checkpoint.fd = ep->fd;
	part->checkpoint.save = save;
	part->checkpoint.arg = part;
	if (checkpoint_begin(&part->checkpoint, record->flushed, digest) < 0)
		return endpoint_error(ep, "--resume");
	/* The record first: if we die here, it does not describe other bytes
	 * than are there. */
	if (record_write(&part->place, record) < 0)
		return refuse(ep, strerror(errno));
	part->record = *record;
	part->begun = true;
	/* The last run may have copied some that are gone by now. */
	xattrs_drop(ep->fd, XATTRS_USER | XATTRS_TRUSTED);
	if (fstat(ep->fd, &st) < 0 || (st.st_size > record->flushed &&
	    ftruncate(ep->fd, record->flushed) < 0) ||
	    lseek(ep->fd, record->flushed, SEEK_SET) < 0)
		return refuse(ep, strerror(errno));
	return STATUS_OK;
}

void
part_note(const struct endpoint *ep, int64_t written)
{
	checkpoint_note(&ep->part->checkpoint, written);
}

void
part_discard(struct endpoint *ep)
{
	ep->part->worthless = true;
}

enum status
part_release(struct endpoint *ep, char *temporary)
{
	struct part_state *part = ep->part;
	struct checkpoint *checkpoint = &part->checkpoint;

	checkpoint_stop(checkpoint);
	if (checkpoint->unflushed) {
		errno = checkpoint->error;
		return endpoint_error(ep, "flush");
	}
	if (temporary_rename(part->location->dir, part->name,
	    part->location->base, temporary) < 0)
		return endpoint_error(ep, "rename the part");
	part->released = true;
	if (record_remove(&part->place) < 0)
		return endpoint_error(ep, "remove the record of the part");
	record_close(&part->place);
	return STATUS_OK;
}

/** Give the part its name and its record back.  Return 0, or -1 with errno. */
static int
take_back(const struct endpoint *ep, char *temporary)
{
	struct part_state *part = ep->part;
	const int dir = part->location->dir;

	/* It may have got the old file's owner and mode. */
	if (fchown(ep->fd, geteuid(), (gid_t)-1) < 0 ||
	    fchmod(ep->fd, S_IRUSR | S_IWUSR) < 0 ||
	    record_write(&part->place, &part->record) < 0)
		return -1;
	if (temporary_return(dir, temporary, part->name) == 0)
		return 0;
	(void)record_remove(&part->place);	/* another zcopy has begun */
	return -1;
}

/** Print how much the part keeps. */
static void
report(const struct endpoint *ep)
{
	char name[PATH_MAX + sizeof(PART_SUFFIX)];

	part_name(ep, name, sizeof(name));
	diag_note("%s: keeps %" PRId64 " bytes: the same command with --resume "
	    "goes on from there", name, ep->part->record.flushed);
}

/** Keep the part, or remove it. */
static void
settle(struct endpoint *ep, char *temporary)
{
	struct part_state *part = ep->part;
	struct checkpoint *checkpoint = &part->checkpoint;

	if (part->begun && !part->worthless)
		checkpoint_finish(checkpoint);
	if (checkpoint->unflushed || part->worthless)
		part->record.flushed = 0;
	if (part->record.flushed > 0 &&
	    (!part->released || take_back(ep, temporary) == 0)) {
		report(ep);
	} else if (!part->released && (part->begun || !part->found)) {
		(void)unlinkat(part->location->dir, part->name, 0);
		if (part->place.file >= 0)
			(void)record_remove(&part->place);
	}
}

void
part_abort(struct endpoint *ep, char *temporary)
{
	struct part_state *part = ep->part;

	if (part == NULL)
		return;
	checkpoint_stop(&part->checkpoint);
	if (temporary != NULL)
		settle(ep, temporary);
	checkpoint_free(&part->checkpoint);
	record_close(&part->place);
	free(part);
	ep->part = NULL;
}
