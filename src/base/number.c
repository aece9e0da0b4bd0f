#include "config.h"

#include "number.h"

#include <stdlib.h>
#include <string.h>

const char *
number_parse(uint32_t *number, const char *text)
{
	const size_t digits = strspn(text, "0123456789");
	const size_t longest = 10;
	unsigned long long value;

	if (digits == 0 || digits > longest)
		return NULL;
	value = strtoull(text, NULL, 10);
	*number = (uint32_t)value;
	return value < UINT32_MAX ? text + digits : NULL;
}
