/*
 * For programs that are compiled against another version of zcopy.h than the
 * library (library.bats makes them): a guard behind each struct, and something
 * to move.
 */
#ifndef TESTS_CALLER_H
#define TESTS_CALLER_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zcopy.h>

#define GUARD_SIZE	256
#define GUARD_BYTE	0xa5

/* A struct with a guard.  If the library reads the guard as members, they are
 * set, and the pointers among them lead nowhere. */
#define GUARDED(type)							\
	struct {							\
		struct type it;						\
		unsigned char guard[GUARD_SIZE];			\
	}
#define GUARD(guarded)	memset(&(guarded), GUARD_BYTE, sizeof(guarded))

#define CHECK(what)	check(__LINE__, (what), #what)
#define CHECK_INTACT(guarded)						\
	CHECK(is_guard((guarded).guard) &&				\
	    (guarded).it.size == sizeof((guarded).it))

static unsigned char content[300 * 1000];

static void
check(int line, bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "line %d: %s (errno: %s)\n", line, what,
	    strerror(errno));
	exit(1);
}

static bool
is_guard(const unsigned char *guard)
{
	for (size_t i = 0; i < GUARD_SIZE; i++)
		if (guard[i] != GUARD_BYTE)
			return false;
	return true;
}

static FILE *
new_file(void)
{
	FILE *file = tmpfile();

	CHECK(file != NULL);
	return file;
}

/** Return a file with random content. */
static FILE *
new_source(void)
{
	FILE *file = new_file();

	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (unsigned char)(random() >> 8);
	CHECK(fwrite(content, 1, sizeof(content), file) == sizeof(content));
	CHECK(fflush(file) == 0);
	rewind(file);
	return file;
}

/** True if the file has the first `size` bytes of the content and no more. */
static bool
has_content(FILE *file, size_t size)
{
	static unsigned char found[sizeof(content) + 1];

	return pread(fileno(file), found, sizeof(found), 0) == (ssize_t)size &&
	    memcmp(found, content, size) == 0;
}

#endif
