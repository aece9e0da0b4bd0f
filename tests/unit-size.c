/*
 * Sizes: which texts are valid sizes, and how many bytes they stand for.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "../src/base/size.h"

#define KIB	INT64_C(1024)
#define MIB	(1024 * KIB)
#define GIB	(1024 * MIB)
#define TIB	(1024 * GIB)
#define PIB	(1024 * TIB)
#define EIB	(1024 * PIB)
#define NONE	INT64_C(-1)		/* the text is not a size */

/* 64 digits: more than any integer has. */
#define NINES	"9999999999999999999999999999999999999999999999999999999999999999"
#define ZEROS	"0000000000000000000000000000000000000000000000000000000000000000"

static const struct {
	const char *text;
	int64_t size;
} cases[] = {
	/* plain numbers */
	{ "0", 0 },
	{ "1", 1 },
	{ "10", 10 },
	{ "4096", 4096 },
	{ "00", 0 },
	{ "007", 7 },
	{ "010", 10 },
	{ ZEROS "12", 12 },
	{ "2147483648", INT64_C(2147483648) },
	{ "9223372036854775806", INT64_MAX - 1 },
	{ "9223372036854775807", INT64_MAX },
	{ ZEROS "9223372036854775807", INT64_MAX },
	{ "9223372036854775808", NONE },
	{ "9223372036854775810", NONE },
	{ "18446744073709551615", NONE },
	{ "18446744073709551616", NONE },
	{ "18446744073709551617", NONE },
	{ "99999999999999999999", NONE },
	{ NINES, NONE },

	/* bytes */
	{ "0B", 0 },
	{ "1B", 1 },
	{ "9223372036854775807B", INT64_MAX },
	{ "9223372036854775808B", NONE },
	{ "1b", NONE },
	{ "1iB", NONE },
	{ "1BB", NONE },
	{ "B", NONE },

	/* powers of 1024 */
	{ "1K", KIB },
	{ "1k", KIB },
	{ "1M", MIB },
	{ "1m", MIB },
	{ "1G", GIB },
	{ "1g", GIB },
	{ "1T", TIB },
	{ "1t", TIB },
	{ "1P", PIB },
	{ "1p", PIB },
	{ "1E", EIB },
	{ "1e", EIB },
	{ "0E", 0 },
	{ "64K", 64 * KIB },
	{ "0064K", 64 * KIB },
	{ "1KiB", KIB },
	{ "1kiB", KIB },
	{ "1MiB", MIB },
	{ "1miB", MIB },
	{ "1GiB", GIB },
	{ "1TiB", TIB },
	{ "1PiB", PIB },
	{ "7EiB", 7 * EIB },
	{ "1024E", NONE },

	/* powers of 1000 */
	{ "1KB", 1000 },
	{ "1kB", 1000 },
	{ "1MB", 1000000 },
	{ "1mB", 1000000 },
	{ "1GB", 1000000000 },
	{ "1TB", INT64_C(1000000000000) },
	{ "1PB", INT64_C(1000000000000000) },
	{ "1EB", INT64_C(1000000000000000000) },
	{ "9EB", INT64_C(9000000000000000000) },
	{ "10EB", NONE },

	/* unknown units */
	{ "1Ki", NONE },
	{ "1KIB", NONE },
	{ "1Kib", NONE },
	{ "1kib", NONE },
	{ "1Kb", NONE },
	{ "1kb", NONE },
	{ "1KK", NONE },
	{ "1KiBB", NONE },
	{ "1KBs", NONE },
	{ "1KiB/s", NONE },
	{ "1Z", NONE },
	{ "1Y", NONE },
	{ "1w", NONE },
	{ "1x", NONE },
	{ "12x", NONE },
	{ "K", NONE },
	{ "KiB", NONE },

	/* at 2^63 */
	{ "7E", 7 * EIB },
	{ "8E", NONE },
	{ "8191P", 8191 * PIB },
	{ "8192P", NONE },
	{ "8388607T", 8388607 * TIB },
	{ "8388608T", NONE },
	{ "9007199254740991K", INT64_MAX - 1023 },
	{ "9007199254740992K", NONE },
	{ "9223372036854775KB", INT64_C(9223372036854775000) },
	{ "9223372036854776KB", NONE },
	{ "18014398509481984K", NONE },
	{ "18446744073709551617K", NONE },

	/* fractions */
	{ "1.5K", 1536 },
	{ "1.5k", 1536 },
	{ "1.5KiB", 1536 },
	{ "1.5KB", 1500 },
	{ "1.5G", GIB + GIB / 2 },
	{ "0.5M", MIB / 2 },
	{ "0.0K", 0 },
	{ "1.0K", KIB },
	{ "01.50K", 1536 },
	{ "2.25M", 2 * MIB + MIB / 4 },
	{ "0.001KB", 1 },
	{ "0.0009KB", 0 },		/* fractions of a byte are cut off */
	{ "0.1K", 102 },
	{ "0.3K", 307 },
	{ "1.9999K", 2047 },
	{ "0." NINES "K", 1023 },
	{ "0." ZEROS "1E", 0 },
	{ "1." ZEROS "K", KIB },
	{ "0.1E", INT64_C(115292150460684697) },
	{ "0.3E", INT64_C(345876451382054092) },
	{ "0.9E", INT64_C(1037629354146162278) },
	{ "1.1EB", INT64_C(1100000000000000000) },
	{ "1.000000000000000001EB", INT64_C(1000000000000000001) },
	{ "7.5E", 7 * EIB + EIB / 2 },
	{ "7.999999999999999999E", INT64_MAX - 1 },
	{ "7." NINES "E", INT64_MAX },
	{ "8.0E", NONE },
	{ "8.5E", NONE },
	{ "9.223372036854775807EB", INT64_MAX },
	{ "9.2233720368547758079EB", INT64_MAX },
	{ "9.223372036854775808EB", NONE },
	{ "8191.9999999999P", INT64_C(9223372036854663218) },
	{ "8192.5P", NONE },
	{ NINES ".5K", NONE },

	/* malformed fractions */
	{ "1.5", NONE },
	{ "1.0", NONE },
	{ "1.5B", NONE },
	{ "0.0B", NONE },
	{ "1.", NONE },
	{ "1.K", NONE },
	{ ".5K", NONE },
	{ ".", NONE },
	{ ".K", NONE },
	{ "1.5.5K", NONE },
	{ "1..5K", NONE },
	{ "1,5K", NONE },
	{ "1.-5K", NONE },
	{ "1. 5K", NONE },
	{ "1.5e3", NONE },

	/* signs, blanks and other notations */
	{ "", NONE },
	{ " ", NONE },
	{ "-", NONE },
	{ "+", NONE },
	{ "-0", NONE },
	{ "-1", NONE },
	{ "+1", NONE },
	{ "-1K", NONE },
	{ "1-", NONE },
	{ "1K-", NONE },
	{ "-9223372036854775808", NONE },
	{ " 1", NONE },
	{ "1 ", NONE },
	{ "1 K", NONE },
	{ "1K ", NONE },
	{ "\t1", NONE },
	{ "1\n", NONE },
	{ "1\n2", NONE },
	{ "0x10", NONE },
	{ "0X10", NONE },
	{ "0x", NONE },
	{ "ff", NONE },
	{ "0b1", NONE },
	{ "1e3", NONE },
	{ "1E3", NONE },
	{ "1_000", NONE },
	{ "1'000", NONE },
	{ "1,000", NONE },
	{ "2x512", NONE },
	{ "2*512", NONE },
	{ "4K+1", NONE },
	{ "1K1", NONE },
	{ "1K1K", NONE },
	{ "K1", NONE },
	{ "inf", NONE },
	{ "nan", NONE },
	{ "*", NONE },
	{ "%s", NONE },
	{ "1%", NONE },
	{ "\xd9\xa1", NONE },		/* an Arabic digit */
	{ "1\xc2\xa0K", NONE },		/* a no-break space */
	{ "1\xb5", NONE },
	{ "\xff", NONE },
};

/** True if the result is right, and `size` is unchanged if there is none. */
static bool
holds(const char *text, int64_t expected)
{
	const int64_t untouched = -77;
	int64_t size = untouched;

	if (size_parse(text, &size))
		return size == expected;
	return expected == NONE && size == untouched;
}

/** Print the text in a TAP test name: escape all but visible ASCII, and '#'. */
static void
print_name(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (*c > ' ' && *c < 0x7f && *c != '#')
			putchar(*c);
		else
			printf("\\%03o", (unsigned)(unsigned char)*c);
	}
}

int
main(void)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		bool ok = holds(cases[i].text, cases[i].size);

		printf("%s %zu - size: '", ok ? "ok" : "not ok", i + 1);
		print_name(cases[i].text);
		if (cases[i].size == NONE)
			printf("' is refused\n");
		else
			printf("' is %" PRId64 " bytes\n", cases[i].size);
	}
	return 0;
}
