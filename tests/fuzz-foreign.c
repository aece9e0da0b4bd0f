/*
 * Options and operands of other tools: an advice can be printed, and one for an
 * operand of dd(1) is only given to a word with "=".
 */
#include "config.h"

#include <string.h>

#include "../src/cli/foreign.h"
#include "fuzz-text.h"

void
fuzz_foreign(const char *text, size_t size)
{
	const char *option = foreign_advice(text);
	const char *operand = foreign_operand_advice(text);

	(void)size;
	MUST(option == NULL || is_message(option));
	MUST(operand == NULL || is_message(operand));
	MUST(operand == NULL || strchr(text, '=') != NULL);
	MUST(option == NULL || *text == '-' ||
	    text[strcspn(text, "=")] != '=' || operand == option);
}
