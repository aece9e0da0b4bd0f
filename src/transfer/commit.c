#include "config.h"

#include "commit.h"

#include "../base/diag.h"

/** Leave the page cache as it was found, while the end is open. */
static enum status
leave_cache(struct dest *dest)
{
	return cache_end(&dest->cache);
}

static enum status
finish(struct dest *dest)
{
	enum status status = endpoint_finish(&dest->end);

	dest->finished = status == STATUS_OK;
	return status;
}

static enum status
commit(struct dest *dest)
{
	enum status status = endpoint_commit(&dest->end);

	dest->committed = status == STATUS_OK;
	return status;
}

static bool
is_any(const struct dest *dest)
{
	(void)dest;
	return true;
}

static bool
is_peer(const struct dest *dest)
{
	return endpoint_has_peer(&dest->end);
}

static bool
is_ours(const struct dest *dest)
{
	return !endpoint_has_peer(&dest->end);
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

static enum status
commit_in_order(struct ends *ends)
{
	const bool peers_first = ends->source.options->all_or_none;
	enum status status = each(ends, is_any, leave_cache);

	if (status != STATUS_OK)
		return status;
	status = each(ends, is_peer, finish);
	if (status != STATUS_OK)
		return status;
	status = each(ends, peers_first ? is_peer : is_ours, commit);
	if (status != STATUS_OK)
		return status;
	return each(ends, peers_first ? is_ours : is_peer, commit);
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
		else if (dest->finished)
			diag_error(dest->end.name, "the peer has the end of "
			    "the data, and may be complete");
	}
	return status;
}
