#include "config.h"

#include "commit.h"

#include "../base/diag.h"
#include "../base/gauge.h"
#include "watch.h"

/** Leave the page cache as it was found, while the end is open. */
static enum status
leave_cache(struct dest *dest)
{
	return cache_end(&dest->cache);
}

static enum status
finish(struct dest *dest)
{
	return endpoint_finish(&dest->end);
}

static enum status
commit(struct dest *dest)
{
	enum status status = endpoint_commit(&dest->end);

	dest->committed = status == STATUS_OK;
	return status;
}

/** Wait for a peer or a command.  Once it has taken all, check that SOURCE's
 * lent pages were still the same; once it is settled, commit it. */
static enum status
await(struct dest *dest, bool alone)
{
	enum status status = endpoint_await(&dest->end, alone);

	if (status == STATUS_OK && dest->end.taken && dest->lent != NULL) {
		status = watch_check_lent(dest->lent, dest->end.name);
		dest->lent = NULL;
	}
	return status == STATUS_OK && dest->end.settled ? commit(dest) : status;
}

static enum status
await_beside_others(struct dest *dest)
{
	return await(dest, false);
}

static enum status
await_alone(struct dest *dest)
{
	return await(dest, true);
}

static bool
is_any(const struct dest *dest)
{
	(void)dest;
	return true;
}

/** True if the commit waits for no peer or command. */
static bool
is_ours(const struct dest *dest)
{
	return !endpoint_is_awaited(&dest->end);
}

/** True if a peer or a command is still to be waited for. */
static bool
is_outstanding(const struct dest *dest)
{
	return !is_ours(dest) && !dest->committed;
}

/** Make one step of the destinations for which which() is true.  Return as
 * ends_end_step(). */
static enum status
each(struct ends *ends, bool (*which)(const struct dest *),
    enum status (*step)(struct dest *))
{
	enum status status = STATUS_OK;

	FOR_EACH_DEST(dest, ends) {
		if (!which(dest))
			continue;
		(void)ends_begin_step(dest);
		status = ends_end_step(ends, dest, step(dest));
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/** Return the next outstanding one, as ends_next() does. */
static struct dest *
next_outstanding(struct ends *ends, struct dest *dest)
{
	do
		dest = ends_next(ends, dest);
	while (dest != NULL && !is_outstanding(dest));
	return dest;
}

/** Await and commit peers and commands.  While there are several, look at one
 * after another, again and again: so none is waited for longer than its own
 * deadline, and each is committed soon after it is settled. */
static enum status
await_all(struct ends *ends)
{
	enum status status = STATUS_OK;
	struct dest *first;

	while (status == STATUS_OK &&
	    (first = next_outstanding(ends, NULL)) != NULL) {
		gauge_phase(endpoint_has_peer(&first->end) ?
		    PHASE_CONFIRMING : PHASE_COMMAND);
		status = each(ends, is_outstanding,
		    next_outstanding(ends, first) == NULL ?
		    await_alone : await_beside_others);
	}
	return status;
}

static enum status
commit_in_order(struct ends *ends)
{
	const bool files_last = ends->source.options->all_or_none;
	enum status status = each(ends, is_any, leave_cache);

	if (status == STATUS_OK)
		status = each(ends, is_any, finish);
	if (status == STATUS_OK && !files_last)
		status = each(ends, is_ours, commit);
	if (status == STATUS_OK)
		status = await_all(ends);
	if (status == STATUS_OK && files_last)
		status = each(ends, is_ours, commit);
	return status;
}

enum status
commit_all(struct ends *ends)
{
	enum status status = commit_in_order(ends);

	if (status == STATUS_OK)
		return STATUS_OK;
	FOR_EACH_DEST(dest, ends) {
		if (dest->committed)
			diag_error(dest->end.name, "it is complete already");
		else if (dest->end.has_end)
			diag_error(dest->end.name, "it has the end of the "
			    "data, and may be complete");
	}
	return status;
}
