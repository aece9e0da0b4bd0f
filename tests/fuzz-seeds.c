/*
 * Runs the fuzzers without libFuzzer: each with its seeds, and with changes of
 * them at random, of which ZCOPY_TEST_SEED repeats those of one run.
 *
 *	fuzz-seeds [DIRECTORY]
 *
 * A seed is a line of the file that has the fuzzer's name, in tests/seeds or in
 * DIRECTORY.  In a seed, \n, \\ and \ooo stand for a newline, a backslash and a
 * byte, as for printf %b.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz-text.h"
#include "lib-chance.h"
#include "lib-job.h"

enum { CHANGES = 100, LONGEST = 2000 };

/** Replace the escapes in a line, and drop its newline.  Return the size. */
static size_t
unescape(char *text)
{
	char *to = text;

	for (const char *at = text; *at != '\0' && *at != '\n'; at++) {
		if (*at != '\\') {
			*to++ = *at;
		} else if (at[1] >= '0' && at[1] <= '3') {
			*to++ = (char)strtol((char[]){ at[1], at[2], at[3],
			    '\0' }, NULL, 8);
			at += 3;
		} else {
			*to++ = *++at == 'n' ? '\n' : '\\';
		}
	}
	return (size_t)(to - text);
}

/** Change some bytes: other ones, fewer, or some twice. */
static size_t
change(char *text, size_t size)
{
	static const char favourites[] = "\n0123456789:/.,-=%[]\\*KMG\xff\x9b";

	for (size_t n = 1 + pick(3); n > 0; n--) {
		const size_t at = pick(size + 1), length = pick(size - at + 1);

		if (at < size && one_in(3)) {
			text[at] = (char)pick(256);
		} else if (at < size && one_in(2)) {
			text[at] = favourites[pick(sizeof(favourites) - 1)];
		} else if (one_in(2) || size + length > LONGEST) {
			memmove(text + at, text + at + length,
			    size - at - length);
			size -= length;
		} else {
			memmove(text + at + length, text + at, size - at);
			size += length;
		}
	}
	return size;
}

static void
run_seed(const struct fuzzer *fuzzer, char *line)
{
	const size_t size = unescape(line);
	char text[2 * LONGEST];

	fuzz_one(fuzzer, line, size);
	for (int i = 0; i < CHANGES; i++) {
		memcpy(text, line, size);
		fuzz_one(fuzzer, text, change(text, size));
	}
}

/** Run all seeds of one fuzzer.  False if there is none. */
static bool
run_seeds(const struct fuzzer *fuzzer, const char *directory)
{
	char *path = text_of("%s/%s", directory, fuzzer->name);
	FILE *file = fopen(path, "r");
	char line[LONGEST];
	size_t count = 0;

	free(path);
	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL) {
		run_seed(fuzzer, line);
		count++;
	}
	fclose(file);
	CHECK(count > 0);
	return true;
}

/** Return the absolute path of the seeds, because a fuzzer changes the current
 * directory.  NULL: they are not there. */
static char *
find_seeds(const char *argument)
{
	const char *source = getenv("srcdir");
	char *path = argument != NULL ? text_of("%s", argument) :
	    text_of("%s/tests/seeds", source != NULL ? source : ".");
	char *seeds = realpath(path, NULL);

	free(path);
	return seeds;
}

/* Of ASan and UBSan, if the program is linked with them. */
extern void __sanitizer_set_report_fd(void *fd) __attribute__((weak));

/** Send messages about what was refused, tens of thousands, to /dev/null, but
 * not the reports of sanitizers. */
static void
drop_messages(void)
{
	const int fd = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);

	if (fd < 0 || dup2(null, STDERR_FILENO) < 0)
		give_up("/dev/null");
	close(null);
	if (__sanitizer_set_report_fd != NULL)
		__sanitizer_set_report_fd((void *)(intptr_t)fd);
}

int
main(int argc, char **argv)
{
	const char *seed = getenv("ZCOPY_TEST_SEED");
	char *directory = find_seeds(argc > 1 ? argv[1] : NULL);

	random_state = seed != NULL ? strtoull(seed, NULL, 10) :
	    (uint64_t)time(NULL) * 1000000;
	setvbuf(stdout, NULL, _IOLBF, 0);
	drop_messages();
	printf("# ZCOPY_TEST_SEED=%" PRIu64 "\n", random_state);
	alarm(600);
	for (size_t i = 0; i < fuzzer_count; i++)
		report(directory != NULL && run_seeds(&fuzzers[i], directory),
		    "fuzz: %s", fuzzers[i].name);
	free(directory);
	finish();
	return 0;
}
