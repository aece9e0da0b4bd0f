/*
 * Digests: known values, and those that sha256sum(1) and xxhsum(1) print for
 * random data, however it is cut; and the thread that follows the data.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/base/digest.h"
#include "../src/base/random.h"
#include "../src/transfer/follower.h"
#include "lib-chance.h"

enum { LARGE = 3000000, CUTS = 40 };

/* `times` times `text`.  SHA-256: the examples of FIPS 180-2, appendix B, and
 * of no bytes; XXH3-128: what xxhsum 0.8.1 printed. */
static const struct {
	const char *what;
	enum digest_algorithm algorithm;
	const char *text;
	int times;
	const char *value;
} known[] = {
	{ "sha256 of no bytes", DIGEST_SHA256, "", 1,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855" },
	{ "sha256 of abc", DIGEST_SHA256, "abc", 1,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad" },
	{ "sha256 of more than a block", DIGEST_SHA256,
	    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1" },
	{ "sha256 of a million a", DIGEST_SHA256, "a", 1000000,
	    "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0" },
	{ "xxh3 of no bytes", DIGEST_XXH3, "", 1,
	    "99aa06d3014798d86001c324468d497f" },
	{ "xxh3 of abc", DIGEST_XXH3, "abc", 1,
	    "06b05ab6733a618578af5f94892f3950" },
	{ "xxh3 of 200000 a", DIGEST_XXH3, "a", 200000,
	    "62877c42deec445efe6260b94654c0f4" },
};

static const struct {
	const char *text;
	bool accepted;
} texts[] = {
	{ "06b05ab6733a618578af5f94892f3950", true },
	{ "06B05AB6733A618578AF5F94892F3950", true },
	{ "06b05AB6733a618578af5f94892f3950", true },
	{ "", false },
	{ "06b05ab6733a618578af5f94892f395", false },
	{ "06b05ab6733a618578af5f94892f39500", false },
	{ "06b05ab6733a618578af5f94892f395g", false },
	{ "0x06b05ab6733a618578af5f94892f39", false },
	{ " 6b05ab6733a618578af5f94892f3950", false },
	{ "06b05ab6733a618578af5f94892f395 ", false },
	{ "-6b05ab6733a618578af5f94892f3950", false },
};

static int count;

static void
report(bool ok, const char *what)
{
	printf("%s %d - digest: %s\n", ok ? "ok" : "not ok", ++count, what);
}

/** If this build lacks the algorithm, report that the case is skipped. */
static bool
is_skipped(enum digest_algorithm algorithm, const char *what)
{
	const char *why = digest_lacks(algorithm);

	if (why != NULL)
		printf("ok %d - digest: %s # SKIP %s\n", ++count, what, why);
	return why != NULL;
}

static bool
is(const struct digest *digest, const char *expected)
{
	const struct digest_value value = digest_value(digest);
	char text[DIGEST_TEXT];

	digest_text(text, &value);
	if (strcmp(text, expected) == 0)
		return true;
	printf("# %s, not %s\n", text, expected);
	return false;
}

static struct digest *
begin(enum digest_algorithm algorithm)
{
	struct digest *digest = digest_new(algorithm);

	if (digest == NULL) {
		perror("digest_new");
		exit(1);
	}
	return digest;
}

static bool
is_known(size_t i)
{
	struct digest *digest = begin(known[i].algorithm);
	bool ok;

	for (int n = 0; n < known[i].times; n++)
		digest_update(digest, known[i].text, strlen(known[i].text));
	ok = is(digest, known[i].value);
	digest_free(digest);
	return ok;
}

/** True if the text is accepted or refused as it should be, and comes out as it
 * went in. */
static bool
parses(size_t i)
{
	struct digest_value value = { .algorithm = DIGEST_XXH3 };
	struct digest_value same = value;
	char text[DIGEST_TEXT];

	if (digest_parse(&value, texts[i].text) != texts[i].accepted)
		return false;
	if (!texts[i].accepted)
		return digest_equal(&value, &same);
	digest_text(text, &value);
	return digest_parse(&same, texts[0].text) &&
	    digest_equal(&value, &same) && strcmp(text, texts[0].text) == 0;
}

/** Run the program on the data.  Set the digits that it prints; false: there is
 * no such program. */
static bool
run_program(const char *program, const unsigned char *data, size_t size,
    char text[DIGEST_TEXT])
{
	char command[200], path[] = "/tmp/unit-digest-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");
	FILE *output;
	bool ok;

	if (file == NULL || fwrite(data, 1, size, file) != size ||
	    fclose(file) != 0) {
		perror(path);
		exit(1);
	}
	snprintf(command, sizeof(command), "%s <%s 2>/dev/null", program, path);
	output = popen(command, "r");
	ok = output != NULL && fscanf(output, "%64s", text) == 1;
	if (output != NULL)
		pclose(output);
	remove(path);
	return ok;
}

/** Hash data in random pieces, and take the value of each piece's end as
 * well. */
static bool
is_cut_freely(enum digest_algorithm algorithm, const unsigned char *data,
    size_t size, const char *expected)
{
	struct digest *digest = begin(algorithm);
	bool ok;

	for (size_t at = 0, piece; at < size; at += piece) {
		struct digest *again = begin(algorithm);
		struct digest_value value, other;

		piece = 1 + pick_size(size - at);
		if (at + piece > size)
			piece = size - at;
		digest_update(digest, data + at, piece);
		if (!one_in(20) && at + piece < size) {
			digest_free(again);
			continue;
		}
		digest_update(again, data, at + piece);
		value = digest_value(digest);
		other = digest_value(again);
		digest_free(again);
		if (!digest_equal(&value, &other)) {
			printf("# differs after %zu bytes\n", at + piece);
			digest_free(digest);
			return false;
		}
	}
	ok = is(digest, expected);
	digest_free(digest);
	return ok;
}

static void
compare(enum digest_algorithm algorithm, const char *program)
{
	static unsigned char data[LARGE];
	char text[DIGEST_TEXT], what[100];
	bool ok = true, found = true;

	if (is_skipped(algorithm, program))
		return;
	for (int i = 0; i < CUTS && ok && found; i++) {
		const size_t from = pick(64);
		const size_t size = i == 0 ? LARGE - from :
		    pick_size(LARGE - from);

		random_fill(data, sizeof(data));
		found = run_program(program, data + from, size, text);
		ok = found && is_cut_freely(algorithm, data + from, size,
		    text);
	}
	snprintf(what, sizeof(what), "%s is that of %s, in pieces of any size"
	    "%s", digest_name(algorithm), program,
	    found ? "" : " # SKIP no such program");
	report(ok || !found, what);
}

/** True if the follower says that it has lost a range, for which there was no
 * room while it was busy with large holes. */
static bool
says_what_it_lost(enum digest_algorithm algorithm)
{
	const int64_t large = (int64_t)16 * 1024 * 1024;
	struct zc_moved moved = { .skipped = true };
	struct digest *digest = begin(algorithm);
	struct follower *follower = follower_start(-1, digest);
	bool ok = follower != NULL;

	for (int i = 0; ok && i < 1000; i++) {
		moved.length = i % 8 == 0 ? large : 1;
		follower_add(follower, &moved);
		/* Not next to each other, or they would be one range. */
		moved.in_from += moved.length + 1;
	}
	ok = ok && follower_finish(follower) < 0 && errno == ENOBUFS;
	ok = follower_end(follower) && ok;
	digest_free(digest);
	return ok;
}

int
main(void)
{
	const size_t values = sizeof(known) / sizeof(*known);
	const size_t words = sizeof(texts) / sizeof(*texts);
	char what[100];

	random_state = 15;
	printf("1..%zu\n", values + words + 3);
	for (size_t i = 0; i < values; i++)
		if (!is_skipped(known[i].algorithm, known[i].what))
			report(is_known(i), known[i].what);
	for (size_t i = 0; i < words; i++) {
		snprintf(what, sizeof(what), "'%s' is %s", texts[i].text,
		    texts[i].accepted ? "a value of xxh3" : "refused");
		report(parses(i), what);
	}
	compare(DIGEST_SHA256, "sha256sum");
	compare(DIGEST_XXH3, "xxhsum -H2");
	if (!is_skipped(DIGEST_SHA256, "a follower says what it lost"))
		report(says_what_it_lost(DIGEST_SHA256),
		    "a follower says what it lost");
	return 0;
}
