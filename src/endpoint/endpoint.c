/*
 * Call the hooks of the types, check that the ends are distinct, and print
 * errors.
 *
 * To add a type, write its struct endpoint_type, declare it in endpoint.h, and
 * add a row to `prefixes` in parse.c.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../base/gauge.h"
#include "../base/signals.h"
#include "address.h"
#include "descriptor.h"
#include "endpoint.h"
#include "flush.h"
#include "look.h"
#include "parse.h"
#include "preserve.h"

enum status
endpoint_parse(struct endpoint *ep, const char *name, enum role role,
    const struct options *options)
{
	const char *why;

	*ep = (struct endpoint){ .name = name, .role = role,
	    .options = options, .fd = -1, .kind = ZC_OTHER, .listener = -1,
	    .backlog = 1,
	    .mode = 0666, .expected = -1, .flushed = -1 };
	if (*name == '\0') {
		diag_error(role == ROLE_SOURCE ? "SOURCE" : "DEST",
		    "the name is empty");
		return STATUS_USAGE;
	}
	why = parse_name(ep);
	return why != NULL ? address_refuse(ep, STATUS_USAGE, why) : STATUS_OK;
}

/** Each step has a deadline of its own. */
static enum status
step(struct endpoint *ep, enum status (*hook)(struct endpoint *))
{
	deadline_begin(&ep->deadline, ep->options, DEADLINE_NEVER);
	return hook != NULL ? hook(ep) : STATUS_OK;
}

/** Make a step that may set fd, and remember its kind. */
static enum status
opening_step(struct endpoint *ep, enum status (*hook)(struct endpoint *))
{
	enum status status = step(ep, hook);

	if (ep->fd >= 0)
		ep->kind = endpoint_kind(ep);
	return status;
}

enum status
endpoint_look(struct endpoint *ep, struct look *look)
{
	*look = LOOK_SOCKET;
	return ep->type->look(ep, look);
}

enum status
endpoint_open(struct endpoint *ep)
{
	descriptor_keep_from_commands(ep->fd);
	descriptor_keep_from_commands(ep->listener);
	return opening_step(ep, ep->type->open);
}

enum status
endpoint_ready(struct endpoint *ep)
{
	enum status status = opening_step(ep, ep->type->ready);

	if (status == STATUS_OK && ep->role == ROLE_DEST)
		flush_early(ep);
	return status;
}

enum status
endpoint_begin(struct endpoint *ep)
{
	enum status status = STATUS_OK;

	if (ep->preserved != NULL)
		status = preserve_begin(ep);
	if (status == STATUS_OK && ep->type->begin != NULL)
		status = ep->type->begin(ep);
	return status;
}

enum status
endpoint_ended(struct endpoint *ep, bool cut, const char *tally)
{
	if (ep->type->ended == NULL)
		return STATUS_OK;
	deadline_begin(&ep->deadline, ep->options, DEADLINE_NEVER);
	return ep->type->ended(ep, cut, tally);
}

enum status
endpoint_broken(struct endpoint *ep, const char *tally)
{
	if (ep->type->broken == NULL)
		return STATUS_OK;
	deadline_begin(&ep->deadline, ep->options, DEADLINE_NEVER);
	return ep->type->broken(ep, tally);
}

enum status
endpoint_finish(struct endpoint *ep)
{
	return ep->type->finish != NULL ? ep->type->finish(ep) : STATUS_OK;
}

enum status
endpoint_commit(struct endpoint *ep)
{
	enum status status = step(ep, ep->type->commit);

	if (status == STATUS_OK)
		endpoint_abort(ep);	/* nothing is left but to let go */
	return status;
}

void
endpoint_abort(struct endpoint *ep)
{
	if (ep->type == NULL)
		return;
	if (ep->type->abort != NULL)
		ep->type->abort(ep);
	if (endpoint_has(ep, ENDPOINT_NETWORK))
		gauge_peer_end(ep);
	if (ep->fd >= 0 && !ep->inherited) {
		close(ep->fd);
		ep->fd = -1;
	}
}

bool
endpoint_has_peer(const struct endpoint *ep)
{
	return endpoint_has(ep, ENDPOINT_NETWORK) ||
	    (ep->inherited && ep->has_stat && S_ISSOCK(ep->st.st_mode));
}

enum zc_kind
endpoint_kind(const struct endpoint *ep)
{
	return ep->kind != ZC_OTHER ? ep->kind : zc_kind_of(ep->fd);
}

enum status
endpoint_fault(const struct endpoint *ep)
{
	if (endpoint_has_peer(ep))
		return STATUS_CONNECTION;
	return ep->role == ROLE_SOURCE ? STATUS_SOURCE : STATUS_DEST;
}

bool
endpoint_same_file(const struct stat *a, const struct stat *b)
{
	if (S_ISCHR(a->st_mode) || S_ISSOCK(a->st_mode))
		return false;
	/* A disk may have several device nodes. */
	if (S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode))
		return a->st_rdev == b->st_rdev;
	return endpoint_same_inode(a, b);
}

enum status
endpoint_check_distinct(const struct endpoint *source,
    const struct endpoint *dest)
{
	const struct options *options = dest->options;

	if (options->append || options->seek >= 0 || dest->inherited ||
	    !source->has_stat || !dest->has_stat ||
	    !endpoint_same_file(&source->st, &dest->st))
		return STATUS_OK;
	diag_error(dest->name, "write: it is the same file as SOURCE");
	return STATUS_DEST;
}

bool
endpoint_same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool
endpoint_is_port(const struct endpoint *ep)
{
	size_t length = strspn(ep->name, "0123456789");

	return ep->path == ep->name && ep->name[length] == '\0' &&
	    length <= 5 && atoi(ep->name) > 0 && atoi(ep->name) <= UINT16_MAX;
}

/** Return the last component of SOURCE's path, or "NAME" if it has none. */
static const char *
source_base(const struct options *options)
{
	struct endpoint source = { .name = options->source,
		.role = ROLE_SOURCE, .options = options };
	const char *slash, *base;

	if (source.name == NULL || parse_name(&source) != NULL ||
	    !endpoint_has(&source, ENDPOINT_PATH))
		return "NAME";
	slash = strrchr(source.path, '/');
	base = slash != NULL ? slash + 1 : source.path;
	return *base != '\0' ? base : "NAME";
}

/** Write what to do instead of naming a directory. */
static void
advise_directory(const struct endpoint *ep, char *text, size_t size)
{
	size_t length = strlen(ep->path);
	const char *slash = ep->path[length - 1] == '/' ? "" : "/";
	struct stat st;

	if (ep->role == ROLE_SOURCE)
		snprintf(text, size, " (%s%sNAME names a file in it; "
		    "tar -c %s | zcopy - DEST packs all of it)",
		    ep->path, slash, ep->path);
	else if (stat(ep->path, &st) < 0)
		snprintf(text, size, " (it ends in a slash, and there is no "
		    "such directory)");
	else
		snprintf(text, size, " (%s%s%s names a file in it; "
		    "zcopy SOURCE - | tar -x -C %s unpacks an archive)",
		    ep->path, slash, source_base(ep->options), ep->path);
}

const char *
endpoint_user_hint(const struct endpoint *ep, int error)
{
	static char text[300];

	if (ep->role != ROLE_DEST || ep->options->user == NULL ||
	    (error != EACCES && error != EPERM))
		return "";
	snprintf(text, sizeof(text), " (for --user=%s)", ep->options->user);
	return text;
}

/** Write what the user can do about errno, in brackets; "" if nothing is
 * known. */
static void
advise(const struct endpoint *ep, char *text, size_t size)
{
	char here[PATH_MAX];
	int error = errno;

	*text = '\0';
	if (ep->path == NULL || endpoint_has(ep, ENDPOINT_NETWORK))
		return;
	if (error == EISDIR)
		advise_directory(ep, text, size);
	else if ((error == ENOENT || error == EPERM) && *ep->path != '/' &&
	    getcwd(here, sizeof(here)) == NULL && errno == ENOENT)
		strlcpy(text, " (the working directory has been removed)",
		    size);
	else if (error == ENOENT && endpoint_is_port(ep))
		snprintf(text, size, " (:%s listens on that port)", ep->name);
	else
		strlcpy(text, endpoint_user_hint(ep, error), size);
	errno = error;
}

enum status
endpoint_error(const struct endpoint *ep, const char *doing)
{
	char advice[3 * PATH_MAX + 80];
	int signal = errno == EINTR ? signals_caught() : 0;

	if (signal != 0) {
		diag_error(ep->name, "%s: interrupted (%s)", doing,
		    diag_signal_name(signal));
		return STATUS_OTHER;
	}
	advise(ep, advice, sizeof(advice));
	diag_error(ep->name, "%s: %s%s", doing,
	    endpoint_has(ep, ENDPOINT_NETWORK) ?
	    strerror(errno) : deadline_reason(&ep->deadline, errno), advice);
	return endpoint_fault(ep);
}
