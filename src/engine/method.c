#include "config.h"

#include "method.h"

#include <errno.h>
#include <string.h>

static const struct method method_auto = {
	.name = "auto",
	.summary = "the best that the kernel accepts, changed at any byte",
};

static const struct method *const table[ZC_METHODS] = {
	[ZC_AUTO] = &method_auto,
	[ZC_COPY_FILE_RANGE] = &method_copy_file_range,
	[ZC_SENDFILE] = &method_sendfile,
	[ZC_SPLICE] = &method_splice,
	[ZC_MMAP] = &method_mmap,
	[ZC_READ_WRITE] = &method_read_write,
	[ZC_REFLINK] = &method_reflink,
};

int
method_missing(void)
{
	return ENOSYS;
}

int
method_missing_begin(struct zc_job *job)
{
	(void)job;
	errno = ENOSYS;
	return -1;
}

const struct method *
method_get(enum zc_method method)
{
	return table[method];
}

const char *
zc_method_name(enum zc_method method)
{
	return method < ZC_METHODS ? table[method]->name : NULL;
}

const char *
zc_method_summary(enum zc_method method)
{
	return method < ZC_METHODS ? table[method]->summary : NULL;
}

int
zc_method_from_name(const char *name)
{
	for (int i = 0; name != NULL && i < ZC_METHODS; i++)
		if (strcmp(table[i]->name, name) == 0)
			return i;
	return -1;
}

int
zc_method_available(enum zc_method method)
{
	int saved = errno, error = 0;

	if (method >= ZC_METHODS)
		return EINVAL;
	if (table[method]->available != NULL)
		error = table[method]->available();
	errno = saved;
	return error;
}

const char *
zc_version(void)
{
	return PACKAGE_VERSION;
}
