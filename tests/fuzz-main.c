/*
 * Runs the fuzzer's function without libFuzzer: with each file that is named,
 * or with inputs at random, of which ZCOPY_TEST_SEED repeats those of one run.
 */
#include "config.h"

#include <inttypes.h>
#include <time.h>

#include "lib-job.h"

enum { RUNS = 20000, LONGEST = 300 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t input[65536];

static bool
run_file(const char *name)
{
	FILE *file = fopen(name, "rb");
	size_t size;

	CHECK(file != NULL);
	size = fread(input, 1, sizeof(input), file);
	fclose(file);
	LLVMFuzzerTestOneInput(input, size);
	return true;
}

/** The input that a number gives: an xorshift generator. */
static size_t
make_input(uint64_t number)
{
	uint64_t state = number * 2 + 1;
	size_t size = LONGEST;
	bool calm = number % 3 == 0;	/* few faults: the data moves */

	for (size_t i = 0; i < LONGEST; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		input[i] = (uint8_t)(state >> 32);
		if (i > 30 && calm && (state & 7) != 0)
			input[i] &= 127;
	}
	return size;
}

static bool
run_random(uint64_t seed, int runs)
{
	for (int i = 0; i < runs; i++) {
		size_t size = make_input(seed + (uint64_t)i);

		fflush(stdout);
		LLVMFuzzerTestOneInput(input, size);
	}
	return true;
}

int
main(int argc, char **argv)
{
	const char *seed = getenv("ZCOPY_TEST_SEED");
	uint64_t from = seed != NULL ? strtoull(seed, NULL, 10) :
	    (uint64_t)time(NULL) * 1000000;

	for (int i = 1; i < argc; i++)
		report(run_file(argv[i]), "fuzz: %s", argv[i]);
	if (argc == 1) {
		printf("# ZCOPY_TEST_SEED=%" PRIu64 "\n", from);
		report(run_random(from, RUNS), "fuzz: %d inputs at random",
		    RUNS);
	}
	finish();
	return 0;
}
