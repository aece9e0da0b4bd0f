/*
 * The functions that take an option's value: `take` in the rows of
 * option-table.c, with the contract that base/options.h states.  Each stores
 * the value in a member of the type given here.
 */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include "../base/options.h"

/** How a message about an error in the command line ends. */
#define HINT	"(try 'zcopy --help')"

typedef enum status take(const struct option *, void *member, char **value);

take take_true;				/* bool */
take take_constant;			/* int or enum: row->constant */
take take_size;				/* int64_t */
take take_buffer_size;			/* size_t: 1 to 1G */
take take_capacity;			/* int64_t: more than 0 */
take take_rate;				/* int64_t: more than 0 */
take take_number;			/* int: 0 to 999999999 */
take take_rounds;			/* int: 1 to 1000 */
take take_seconds;			/* double */
take take_name;				/* char *: not empty */
take take_names;			/* struct names: one more, not empty */
take take_word;				/* int or enum: row->first + i */
take take_rules;			/* struct rules * */
take take_expect;			/* struct digest_value */
take take_allow;			/* struct allow *: one more */

/* `word` in the rows: the names of the values of an enum. */
const char *method_word(int i);		/* from ZC_AUTO on */
const char *confirm_word(int i);	/* from CONFIRM_CLOSE on */
const char *sparse_word(int i);		/* from SPARSE_AUTO on */
const char *digest_word(int i);		/* from DIGEST_SHA256 on */

/** Return the same followed by ":": what the value of --expect begins with. */
const char *expect_word(int i);

#endif
