/*
 * Where a path leads, through symbolic links: to the file that the kernel
 * finds, or to a name in a directory where there is none.
 *
 * The text is the targets of three links, and a path, each ended by a newline.
 * It is written in parts of paths, a letter each, so that it stays in a
 * directory of the fuzzer's own.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../src/endpoint/location.h"
#include "fuzz-text.h"

enum { LINKS = 3 };

static const char *const links[LINKS] = { "a", "b", "sub/c" };
static const char *const files[] = { "file", "sub/file" };
static char directory[] = "/tmp/zcopy-fuzz-XXXXXX";

/** Return what a letter stands for; "" for most. */
static const char *
part(char letter)
{
	static const char *const parts[] = { "a", "b", "c", "file", "sub", ".",
		"..", "none", "/" };
	const char *letters = "abcfs.unx", *at = strchr(letters, letter);

	return at == NULL || letter == '\0' ? "" : parts[at - letters];
}

/** Write what the letters stand for, up to a newline.  At most one ".." may be
 * in it, after "sub", so that it does not lead out.  Return what follows. */
static const char *
spell(char path[PATH_MAX], const char *letters)
{
	const char *last = "";

	*path = '\0';
	for (; *letters != '\0' && *letters != '\n'; letters++) {
		const char *next = part(*letters);

		if (strcmp(next, "..") == 0 && strcmp(last, "sub") != 0)
			continue;
		last = next;
		if (*next == '\0' || strlen(path) > PATH_MAX / 2)
			continue;
		if (*path == '\0' && *next == '/')
			continue;	/* not an absolute one */
		strlcat(path, next, PATH_MAX);
		if (*next != '/' && letters[1] != '\n' && letters[1] != '\0')
			strlcat(path, "/", PATH_MAX);
	}
	return *letters == '\n' ? letters + 1 : letters;
}

static void
clean_up(void)
{
	for (size_t i = 0; i < LINKS; i++)
		(void)unlink(links[i]);
	for (size_t i = 0; i < 2; i++)
		(void)unlink(files[i]);
	(void)rmdir("sub");
	(void)rmdir(directory);
}

static void
make_directory(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	MUST(mkdtemp(directory) != NULL && chdir(directory) == 0);
	MUST(mkdir("sub", 0700) == 0);
	for (size_t i = 0; i < 2; i++)
		close(open(files[i], O_WRONLY | O_CREAT, 0600));
	atexit(clean_up);
}

/** Check what was found against what the kernel finds.  `reaches`: it does find
 * a file or directory, which is *st. */
static void
check_found(const struct location *location, bool reaches,
    const struct stat *st)
{
	MUST(location->dir >= 0);
	MUST(*location->base != '\0' && strchr(location->base, '/') == NULL);
	MUST(strcmp(location->base, ".") != 0);
	MUST(strcmp(location->base, "..") != 0);
	MUST((location->file >= 0) == reaches);
	MUST(!reaches || location_has(location, st));
	MUST(fstatat(location->dir, location->base, &(struct stat){ 0 },
	    AT_SYMLINK_NOFOLLOW) == (reaches ? 0 : -1));
}

void
fuzz_location(const char *text, size_t size)
{
	char path[PATH_MAX];
	struct location location;
	struct stat st;
	bool reaches;

	(void)size;
	make_directory();
	for (size_t i = 0; i < LINKS; i++) {
		text = spell(path, text);
		(void)unlink(links[i]);
		if (*path != '\0')
			MUST(symlink(path, links[i]) == 0);
	}
	(void)spell(path, text);
	reaches = stat(path, &st) == 0;
	errno = 0;
	if (location_find(&location, path) == 0) {
		check_found(&location, reaches, &st);
		location_close(&location);
	} else {
		MUST(errno != 0 && location.dir < 0 && location.file < 0);
		MUST(!reaches || S_ISDIR(st.st_mode));
	}
}
