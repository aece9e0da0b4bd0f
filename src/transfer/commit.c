#include "config.h"

#include "commit.h"

#include "../base/diag.h"
#include "../base/gauge.h"

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

/** Wait for a peer or a command, and commit it once it is settled. */
static enum status
settle(struct dest *dest, bool alone)
{
	enum status status = endpoint_await(&dest->end, alone);

	return status == STATUS_OK && dest->end.settled ? commit(dest) : status;
}

static enum status
settle_one_of_several(struct dest *dest)
{
	return settle(dest, false);
}

static enum status
settle_the_last(struct dest *dest)
{
	return settle(dest, true);
}

static bool
is_any(const struct dest *dest)
{
	(void)dest;
	return true;
}

/** True if nobody else has a part in the commit. */
static bool
is_ours(const struct dest *dest)
{
	return !endpoint_is_awaited(&dest->end);
}

static bool
is_unsettled(const struct dest *dest)
{
	return !is_ours(dest) && !dest->committed;
}

/** Make one step of those destinations.  Return STATUS_OK if the transfer goes
 * on. */
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

/** Return the next one that is not settled, as ends_next() does. */
static struct dest *
next_unsettled(struct ends *ends, struct dest *dest)
{
	do
		dest = ends_next(ends, dest);
	while (dest != NULL && !is_unsettled(dest));
	return dest;
}

/** Settle and commit peers and commands.  While there are several, look at one
 * after another, again and again: so none is waited for longer than its own
 * deadline, and one that is settled sooner is not kept waiting. */
static enum status
settle_all(struct ends *ends)
{
	enum status status = STATUS_OK;
	struct dest *first;

	while (status == STATUS_OK &&
	    (first = next_unsettled(ends, NULL)) != NULL) {
		gauge_phase(endpoint_has_peer(&first->end) ?
		    PHASE_CONFIRMING : PHASE_COMMAND);
		status = each(ends, is_unsettled,
		    next_unsettled(ends, first) == NULL ?
		    settle_the_last : settle_one_of_several);
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
		status = settle_all(ends);
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
