#include "config.h"

#include "options.h"

#include <string.h>

static const struct options defaults = OPTIONS_INIT;

bool
option_given(const struct option *row, const struct options *options)
{
	const char *member = (const char *)options + row->offset;

	if (row->name == NULL)
		return false;
	if (row->constant != 0)
		return memcmp(member, &row->constant, row->size) == 0;
	return memcmp(member, (const char *)&defaults + row->offset,
	    row->size) != 0;
}

const char *
options_needing(const struct options *options, unsigned needs)
{
	const struct option *row = options->rows;

	for (int i = 0; row != NULL && i < OPTION_ROWS; i++, row++)
		if ((row->needs & needs) && option_given(row, options))
			return row->name;
	return NULL;
}

void
options_reset(struct options *options, unsigned needs)
{
	const struct option *row = options->rows;

	for (int i = 0; row != NULL && i < OPTION_ROWS; i++, row++)
		if (row->needs & needs)
			memcpy((char *)options + row->offset,
			    (const char *)&defaults + row->offset, row->size);
}
