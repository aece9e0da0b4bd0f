/*
 * Options and operands of other tools, and what zcopy has instead.  Those that
 * zcopy understands are aliases in the option table.
 */
#ifndef CLI_FOREIGN_H
#define CLI_FOREIGN_H

/**
 * Return what to do instead, for a word of the command line that is no option
 * of zcopy: "use --rate=SIZE".  NULL: the word is not known.
 *
 * In "-rv" the letter counts that is no option of zcopy.  In "--hash=md5" and
 * "bs=1M" the part before the "=" counts.
 */
const char *foreign_advice(const char *word);

/** The same, but NULL unless the word has the form of an operand of dd(1):
 * "if=FILE". */
const char *foreign_operand_advice(const char *word);

#endif
