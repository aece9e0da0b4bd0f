#include "config.h"

#include "supply.h"

#include <errno.h>
#include <sys/param.h>

int64_t
supply_bytes(const struct supply *supply, int64_t bytes)
{
	const struct end *in = &supply->in;
	int64_t there;

	if (in->size < 0 || in->start < 0)
		return bytes == ZC_TO_END ? -1 : bytes;
	there = MAX(in->size - in->start, 0);
	return bytes == ZC_TO_END ? there : MIN(there, bytes);
}

int64_t
supply_known_left(const struct supply *supply)
{
	const struct end *in = &supply->in;

	if (in->size < 0 || in->start < 0)
		return 0;
	return MAX(in->size - in->start - supply->taken, 0);
}

int64_t
supply_room(const struct supply *supply)
{
	return supply->in.start < 0 ? INT64_MAX :
	    INT64_MAX - supply->in.start - supply->taken;
}

int64_t
supply_look(struct supply *supply)
{
	int64_t at = MAX(supply->in.start, 0) + supply->taken;

	extent_look(&supply->extent, &supply->in, at);
	return supply->extent.to - at;
}

int
supply_use(struct supply *supply, const struct method *method,
    const struct setup *setup)
{
	struct store *own = &supply->own;

	if (method->asks) {
		errno = method->available();
		if (errno != 0)
			return -1;
	}
	*own = (struct store){ .from = supply->taken, .to = supply->taken };
	if (method->store != NULL && method->store->open != NULL &&
	    method->store->open(own, setup) < 0)
		return -1;
	own->ops = method->store;
	supply->method = method;
	return 0;
}

void
supply_close_method(struct supply *supply)
{
	store_release(&supply->own);
	supply->method = NULL;
}

struct step
supply_take(struct supply *supply, struct store *store, const struct call *call,
    bool gather)
{
	if (!gather)
		store->from = store->to = supply->taken;
	return store->ops->take(store, &supply->in, call);
}

void
supply_count(struct supply *supply, int64_t moved)
{
	supply->taken += moved;
	supply->left -= moved;
}

int
supply_put_back(struct supply *supply, int64_t from)
{
	if (end_advance(&supply->in, from - supply->taken) < 0)
		return -1;
	supply_count(supply, from - supply->taken);
	supply->own.from = supply->own.to = from;
	return 0;
}

int
supply_save(struct supply *supply, int64_t from)
{
	supply->own.from = from;
	if (supply->own.ops->spill == NULL)
		return supply_put_back(supply, from);
	return supply->own.ops->spill(&supply->own, &supply->spilled);
}

int64_t
supply_lost(const struct supply *supply, int64_t from)
{
	/* Reading at a position of our own takes nothing away. */
	return supply->in.placed ? 0 : supply->taken - from;
}

int64_t
supply_settle(struct supply *supply, int64_t from)
{
	int saved = errno;

	if (supply->taken > from && supply->in.start >= 0)
		(void)supply_put_back(supply, from);
	supply_close_method(supply);
	extent_close(&supply->extent);
	store_release(&supply->spilled);
	errno = saved;
	return supply_lost(supply, from);
}
