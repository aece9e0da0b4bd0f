#include "config.h"

#include "fit.h"

#include "../base/diag.h"
#include "../endpoint/look.h"
#include "../endpoint/preserve.h"
#include "sparse.h"

#define KIND(kind)	(1u << (kind))
#define FLUSHED		(KIND(ZC_REGULAR) | KIND(ZC_BLOCK))

/* What an option can need that only the destination itself can offer.  All
 * other needs may be offered by any end. */
#define OF_DEST		((unsigned)(NEED_PATH | NEED_POSITION | NEED_SOCKET | \
	NEED_FLUSH | NEED_REGULAR | NEED_HOLES))

/* What can be known only by looking. */
#define LOOKED_AT	((unsigned)(NEED_FLUSH | NEED_REGULAR | NEED_HOLES))

static enum status
refuse_name(const struct endpoint *dest, const char *option)
{
	diag_error(dest->name, "%s: only for files%s", option,
	    endpoint_has(dest, ENDPOINT_NETWORK) ?
	    " (give it to the receiver)" : "");
	return STATUS_USAGE;
}

static enum status
refuse_flush(const struct endpoint *dest, const char *option)
{
	return look_check_kind(dest, FLUSHED, option, " cannot be flushed to a "
	    "disk: use --sync where the data gets to a file");
}

static enum status
refuse_kind(const struct endpoint *dest, const char *option)
{
	return look_check_kind(dest, KIND(ZC_REGULAR), option, ", not a "
	    "regular file: leave out --preserve");
}

static enum status
refuse_holes(const struct endpoint *dest, const char *option)
{
	diag_error(dest->name, "%s=always: %s", option, sparse_lack(dest));
	return STATUS_USAGE;
}

/* What an option can need of the ends, and the message if none of them offers
 * it: a text about the option, or a function that prints one about the first
 * destination. */
static const struct lack {
	unsigned need;
	const char *why;
	enum status (*refuse)(const struct endpoint *dest, const char *option);
} lacks[] = {
	{ NEED_PATH | NEED_POSITION, NULL, refuse_name },
	{ NEED_LISTEN, "no end listens on TCP or vsock", NULL },
	{ NEED_TCP, "no end is on TCP", NULL },
	{ NEED_FAMILY, "a socket that listens already has its own family",
	    NULL },
	{ NEED_CONNECT, "no end connects", NULL },
	{ NEED_SOCKET, "no DEST is a socket", NULL },
	{ NEED_FLUSH, NULL, refuse_flush },
	{ NEED_REGULAR, NULL, refuse_kind },
	{ NEED_HOLES, NULL, refuse_holes },
};

/** Return which of LOOKED_AT the destination offers.  Of an end that cannot be
 * looked at (ZC_OTHER) assume all: opening it will tell. */
static unsigned
offers_by_kind(const struct endpoint *dest)
{
	const unsigned kind = KIND(look_kind_of_end(dest));
	unsigned all = 0;

	if (kind & (FLUSHED | KIND(ZC_OTHER)))
		all |= NEED_FLUSH;
	if (kind & (KIND(ZC_REGULAR) | KIND(ZC_OTHER)))
		all |= NEED_REGULAR;
	if (dest->options->sparse != SPARSE_ALWAYS || sparse_lack(dest) == NULL)
		all |= NEED_HOLES;
	return all;
}

/** Return what a destination offers (enum need). */
static unsigned
offers(const struct endpoint *dest)
{
	unsigned all = dest->type->offers;

	if (dest->inherited && endpoint_kind(dest) == ZC_SOCKET)
		all |= NEED_SOCKET;
	return all | (options_needing(dest->options, LOOKED_AT) != NULL ?
	    offers_by_kind(dest) : LOOKED_AT);
}

/** Check that the ends, which together offer `all`, can honour the options.
 * `first` is NULL if there is no destination, and no option needs one. */
static enum status
check(const struct options *options, unsigned all, const struct endpoint *first)
{
	for (size_t i = 0; i < sizeof(lacks) / sizeof(*lacks); i++) {
		const struct lack *lack = &lacks[i];
		const char *option = options_needing(options,
		    lack->need & ~all);

		if (option == NULL)
			continue;
		if (lack->refuse != NULL)
			return lack->refuse(first, option);
		diag_error(option, "%s", lack->why);
		return STATUS_USAGE;
	}
	return STATUS_OK;
}

enum status
fit_source(const struct endpoint *source)
{
	const unsigned family = source->listener < 0 ? NEED_FAMILY : 0;

	/* No option of a destination was given: see check_together(). */
	return check(source->options, (source->type->offers &
	    ~(unsigned)NEED_SOCKET) | family, NULL);
}

/** Refuse a kernel file among several destinations.  Each write to it is a
 * command, so all data must be gathered for one write. */
static enum status
check_kernel_files(struct ends *ends)
{
	if (ends->count == 1)
		return STATUS_OK;
	FOR_EACH_DEST(dest, ends) {
		if (look_kind_of_end(&dest->end) != ZC_SYNTHETIC)
			continue;
		diag_error(dest->end.name, "a kernel file must be the only "
		    "DEST: each write to it is a command");
		return STATUS_USAGE;
	}
	return STATUS_OK;
}

enum status
fit_options(struct ends *ends)
{
	const struct endpoint *source = &ends->source;
	unsigned each[DESTS_MAX], all = source->type->offers & ~OF_DEST;
	bool adopts = source->listener >= 0;
	enum status status;

	for (size_t i = 0; i < ends->count; i++) {
		const struct endpoint *dest = &ends->dest[i].end;

		each[i] = offers(dest);
		all |= each[i];
		adopts |= dest->listener >= 0;
	}
	if (!adopts)
		all |= NEED_FAMILY;
	status = check(source->options, all, &ends->dest->end);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < ends->count && ends->count > 1; i++)
		options_reset(&ends->dest[i].options, OF_DEST & ~each[i]);
	return check_kernel_files(ends);
}
