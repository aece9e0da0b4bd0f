#include "config.h"

#include "method.h"

#include <errno.h>
#include <string.h>

static const struct method method_auto = {
	.name = "auto",
	.summary = "the best that the kernel accepts, changed at any byte",
};

/* All rows.  If a method has several, they stand next to each other, and the
 * one that fits all ends is last. */
static const struct method *const rows[] = {
	&method_auto,
	&method_copy_file_range,
	&method_sendfile,
#ifdef HAVE_SPLICE
	&method_splice_direct,
#endif
	&method_splice,
	&method_mmap,
	&method_read_write,
	&method_reflink,
	NULL,
};

int
method_missing(void)
{
	return ENOSYS;
}

const char *
method_why_missing(const struct zc_ends *ends)
{
	(void)ends;
	return "this system does not have it";
}

const struct method *
method_get(enum zc_method method)
{
	const struct method *const *row = rows;

	while ((*row)->id != method)
		row++;
	return *row;
}

const struct method *
method_for(enum zc_method method, const struct end *in, const struct end *out,
    bool shared)
{
	for (const struct method *const *row = rows; *row != NULL; row++) {
		if ((*row)->id != method)
			continue;
		if (shared && (*row)->store == NULL)
			continue;
		if ((*row)->fits == NULL || (*row)->fits(in, out))
			return *row;
	}
	return NULL;
}

const char *
zc_method_name(enum zc_method method)
{
	return method < ZC_METHODS ? method_get(method)->name : NULL;
}

const char *
zc_method_summary(enum zc_method method)
{
	return method < ZC_METHODS ? method_get(method)->summary : NULL;
}

int
zc_method_from_name(const char *name)
{
	for (int i = 0; name != NULL && i < ZC_METHODS; i++)
		if (strcmp(method_get((enum zc_method)i)->name, name) == 0)
			return i;
	return -1;
}

int
zc_method_available(enum zc_method method)
{
	const struct method *row;
	int saved = errno, error = 0;

	if (method >= ZC_METHODS)
		return EINVAL;
	row = method_get(method);
	if (row->available != NULL)
		error = row->available();
	errno = saved;
	return error;
}

const char *
zc_version(void)
{
	return PACKAGE_VERSION;
}
