#include "config.h"

#include "list-options.h"

#include <stdio.h>

#include "../base/output.h"
#include "../endpoint/parse.h"
#include "option-table.h"

static void
print_line(const struct option *row)
{
	const char *word;

	printf("%s", row->name);
	if (row->letter != '\0')
		printf(" -%c", row->letter);
	if (row->placeholder != NULL)
		printf(" =%s", row->placeholder);
	for (int i = 0; row->word != NULL && (word = row->word(i)) != NULL; i++)
		printf(" %s", word);
	printf("\t%s\n", row->help);
}

enum status
list_options(void)
{
	static const struct option source = { .name = "SOURCE",
		.placeholder = "NAME", .help = "what is copied",
		.word = endpoint_word };
	static const struct option dest = { .name = "DEST",
		.placeholder = "NAME", .help = "where it goes",
		.word = endpoint_word };

	for (int i = 0; i < OPTION_ROWS; i++)
		if (option_table[i].name != NULL)
			print_line(&option_table[i]);
	print_line(&source);
	print_line(&dest);
	return output_flush();
}
