#include "config.h"

#include "foreign.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "option-table.h"

struct foreign {
	const char *words;		/* separated by blanks; an operand of
					   dd(1) ends in "=" */
	const char *advice;
};

/*
 * An advice names only options that zcopy has; messages.bats checks that.  A
 * new option is named here by the rows that are about its subject.
 */
static const struct foreign rows[] = {
	/* dd */
	{ "if= --if --input", "here SOURCE is the first operand" },
	{ "of= --of --output --output-file -o -O",
	    "here DEST is the second operand" },
	{ "bs= ibs= obs= cbs= --bs --buffer-size -B",
	    "zcopy chooses the size of its calls; --block-size=SIZE sets it" },
	{ "count=", "use --bytes=SIZE (-c), which counts bytes" },
	{ "skip= iseek=", "use --offset=SIZE, which counts bytes" },
	{ "seek= oseek=", "use --seek=SIZE, which counts bytes" },
	{ "conv= --conv", "use --sync for fsync, --sparse=always for sparse, "
	    "--seek=0 for notrunc, --no-clobber for excl" },
	{ "iflag= oflag=", "use --append for append, --sync for sync, "
	    "--no-cache for nocache; --bytes and --offset count bytes" },
	{ "status=", "use -P for progress, -q for none" },
	{ "--fsync --fdatasync", "use --sync" },
	{ "--direct --nocache", "use --no-cache" },

	/* pv, curl, wget, rsync */
	{ "--limit-rate --rate-limit --bwlimit --limit --throttle",
	    "use --rate=SIZE (-L), in bytes a second" },
	{ "--eta --timer --average-rate --progress-bar --bar -b -e -t",
	    "use --progress (-P), which shows all of it" },
	{ "--size -s", "the size of a file is known; --bytes=SIZE (-c) moves "
	    "exactly SIZE bytes" },
	{ "--silent", "use --quiet (-q)" },
	{ "--stats --info", "use --verbose (-v) or --json" },
	{ "--hash --verify --checksum --check --md5 --sha1 --sha256 --xxh3",
	    "use --digest=sha256 or --digest=xxh3, or --expect=sha256:HEX" },
	{ "--connect-timeout --wait --idle-timeout -w -W -T",
	    "use --timeout=SECONDS" },
	{ "--retries --tries", "use --retry=N" },
	{ "--retry-max-time --retry-time", "use --retry-for=SECONDS" },
	{ "--compress -z", "zcopy sends what it reads: "
	    "gzip -c FILE | zcopy - DEST" },
	{ "--continue --continue-at --partial --append-verify -C",
	    "use --resume, in the run that may fail and in the next one" },

	/* cp */
	{ "--recursive -r -R",
	    "one file only: tar -c DIR | zcopy - DEST packs a directory" },
	{ "--archive", "use --preserve (-p) for one file, tar(1) for a "
	    "directory" },
	{ "--force --remove-destination -f",
	    "DEST is replaced without it, as far as permitted" },
	{ "--interactive -i", "use --no-clobber (-n)" },
	{ "--reflink", "use --method=reflink (-m)" },
	{ "--target-directory --backup --suffix --update",
	    "zcopy copies one file to DEST: see cp(1)" },

	/* nc, socat */
	{ "--listen --port -l",
	    "a listener is an operand: zcopy :PORT FILE receives" },
	{ "--send-only --recv-only -N -d",
	    "zcopy moves one way, SOURCE to DEST, and ends with the data" },
	{ "--keep-open -k", "zcopy accepts one connection: use a shell loop" },
	{ "--udp --ssl --proxy -u", "zcopy speaks TCP, unix sockets and "
	    "vsock: see socat(1)" },
	{ "--unixsock -U", "a unix socket is an operand: unix:PATH" },
	{ "--vsock", "vsock is an operand: vsock:CID:PORT, vsock-listen:PORT" },
	{ "--exec -E", "SOURCE or DEST may be a command: exec:COMMAND" },
};

/** Find the first of `length` bytes among the words, and return the advice. */
static const char *
find(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *at = rows[i].words;

		while (*at != '\0') {
			size_t there = strcspn(at, " ");

			if (there == length && memcmp(at, word, length) == 0)
				return rows[i].advice;
			at += there + strspn(at + there, " ");
		}
	}
	return NULL;
}

/** True if zcopy has an option of this letter. */
static bool
is_known(char letter)
{
	for (int i = 0; i < OPTION_ROWS; i++) {
		if (option_table[i].letter == letter)
			return true;
	}
	return false;
}

/** Return the advice for the first letter of "-rv" that zcopy does not have. */
static const char *
find_letter(const char *letters)
{
	char option[] = "-?";

	while (*letters != '\0' && is_known(*letters))
		letters++;
	option[1] = *letters;
	return find(option, *letters != '\0' ? 2 : 1);
}

const char *
foreign_advice(const char *word)
{
	if (*word == '-' && word[1] != '-')
		return find_letter(word + 1);
	return find(word, strcspn(word, "="));
}

const char *
foreign_operand_advice(const char *word)
{
	const char *equals = strchr(word, '=');

	return equals != NULL ?
	    find(word, (size_t)(equals - word) + 1) : NULL;
}
