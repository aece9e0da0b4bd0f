/*
 * Fuzzers for what parses or prints text that comes from elsewhere.  Each is a
 * function that is called with any bytes, and ends the program if a promise of
 * the header that it is about does not hold.
 *
 * fuzz-text.c has libFuzzer call one of them; fuzz-seeds.c calls all of them
 * without it.
 */
#ifndef FUZZ_TEXT_H
#define FUZZ_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuzzer {
	const char *name;		/* its seeds are in seeds/NAME */
	void (*run)(const char *text, size_t size);
					/* a NUL follows the text, which may
					   have others */
};

extern const struct fuzzer fuzzers[];
extern const size_t fuzzer_count;

void fuzz_allow(const char *, size_t);
void fuzz_digest(const char *, size_t);
void fuzz_endpoint(const char *, size_t);
void fuzz_foreign(const char *, size_t);
void fuzz_json(const char *, size_t);
void fuzz_location(const char *, size_t);
void fuzz_names(const char *, size_t);
void fuzz_options(const char *, size_t);
void fuzz_record(const char *, size_t);
void fuzz_select(const char *, size_t);
void fuzz_size(const char *, size_t);
void fuzz_utf8(const char *, size_t);

/** Run it with a copy of these bytes, behind which there is only a NUL, so that
 * ASan sees each read beyond it. */
void fuzz_one(const struct fuzzer *, const void *data, size_t size);

/** End the program, because this does not hold for the text that is run. */
_Noreturn void fuzz_broken(const char *claim, const char *file, int line);

#define MUST(claim)							\
	((claim) ? (void)0 : fuzz_broken(#claim, __FILE__, __LINE__))

/** Return a new string, by printf(3); the caller frees it. */
char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** True if the text is not empty, and a terminal shows it as it is. */
bool is_message(const char *text);

#endif
