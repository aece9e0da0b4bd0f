/*
 * One of the fuzzers, by libFuzzer: ZCOPY_FUZZER names it.  See scripts/matrix,
 * step `fuzz`.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fuzzer *
chosen(void)
{
	const char *name = getenv("ZCOPY_FUZZER");

	for (size_t i = 0; name != NULL && i < fuzzer_count; i++)
		if (strcmp(name, fuzzers[i].name) == 0)
			return &fuzzers[i];
	fprintf(stderr, "ZCOPY_FUZZER must be one of");
	for (size_t i = 0; i < fuzzer_count; i++)
		fprintf(stderr, " %s", fuzzers[i].name);
	fprintf(stderr, "\n");
	exit(2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fuzzer *fuzzer;

	if (fuzzer == NULL)
		fuzzer = chosen();
	fuzz_one(fuzzer, data, size);
	return 0;
}
