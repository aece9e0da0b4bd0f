#include "config.h"

#include "digesting.h"

#include <errno.h>
#include <string.h>
#include <sys/param.h>

#include "../base/diag.h"
#include "../base/signals.h"
#include "../endpoint/look.h"
#include "direct.h"
#include "tally.h"

/* Below this, starting a thread takes longer than it saves. */
#define FOLLOW_LEAST	((int64_t)256 * 1024)

/* Zeros are added so many at a time, and signals answered in between. */
#define ZEROS		((int64_t)256 * 1024)

enum digest_algorithm
digesting_algorithm(const struct options *options)
{
	return options->expect.algorithm != DIGEST_NONE ?
	    options->expect.algorithm : options->digest;
}

enum status
digesting_check_options(const struct options *options)
{
	const enum digest_algorithm digest = options->digest,
	    expected = options->expect.algorithm;

	if (digest != DIGEST_NONE && digest_lacks(digest) != NULL)
		diag_error("--digest", "%s", digest_lacks(digest));
	else if (expected != DIGEST_NONE && digest_lacks(expected) != NULL)
		diag_error("--expect", "%s", digest_lacks(expected));
	else if (digest != DIGEST_NONE && expected != DIGEST_NONE &&
	    digest != expected)
		diag_error("--expect", "%s: --digest=%s computes another "
		    "digest; a run computes one", digest_name(expected),
		    digest_name(digest));
	else if (options->digest_file != NULL && digest == DIGEST_NONE &&
	    expected == DIGEST_NONE)
		diag_error("--digest-file", "needs --digest=sha256 or "
		    "--digest=xxh3, which computes what is written there");
	else if (options->digest_file != NULL &&
	    (options->append || options->seek >= 0))
		diag_error("--digest-file", "with %s DEST has other bytes, "
		    "too, so the digest is not that of the file",
		    options->append ? "--append" : "--seek");
	else
		return STATUS_OK;
	return STATUS_USAGE;
}

/** True if SOURCE, which need not be open, is on a file system where
 * copy_file_range(2) may share blocks. */
static bool
may_share(const struct endpoint *source)
{
	const enum filesystem filesystem = look_filesystem(source);

	return filesystem == FILESYSTEM_BTRFS || filesystem == FILESYSTEM_XFS;
}

bool
digesting_follows(const struct endpoint *source, bool file, bool to_file)
{
	const struct options *options = source->options;

	/* Not other kinds: only a regular file says that it has changed. */
	if (!file || (options->method == ZC_AUTO &&
	    source->expected < FOLLOW_LEAST))
		return false;
	/* These need read-write, so the data passes through memory anyway.
	 * With --no-cache, the follower might bring back what was dropped; with
	 * --no-disk-io, it might wait for the disk. */
	if (options->method == ZC_READ_WRITE || options->no_cache ||
	    options->no_disk_io || options->sparse == SPARSE_ALWAYS)
		return false;
	/* From file to file the kernel copies, too, and the follower once more.
	 * With 1 GiB in memory, on ext4 and two idle CPUs,
	 *
	 *	zcopy --digest=xxh3 -m copy_file_range FILE NEW
	 *
	 * took 1.47 times the CPU that it took with -m read-write (sha256: 1.12
	 * times) and 0.84 (0.92) of the time.  Under `taskset -c 1`, where the
	 * CPU is the limit, it took 1.42 (1.14) times the CPU.  So it wins only
	 * while another CPU is idle. */
	if (options->method == ZC_AUTO && to_file && !may_share(source))
		return false;
	/* pread(2) would have to be aligned, and read from the disk. */
	return !direct_concerns(source);
}

const char *
digesting_way(bool follows)
{
	return follows ? "by a thread that reads SOURCE again, from memory" :
	    "of the data between read and write";
}

enum status
digesting_open(struct digesting *digesting, const struct options *options)
{
	const enum digest_algorithm algorithm = digesting_algorithm(options);

	*digesting = (struct digesting){ .digest = NULL };
	if (algorithm == DIGEST_NONE)
		return STATUS_OK;
	digesting->digest = digest_new(algorithm);
	if (digesting->digest != NULL)
		return STATUS_OK;
	diag_errno("--digest", "start");
	return STATUS_OTHER;
}

enum status
digesting_begin(struct digesting *digesting, const struct endpoint *source,
    bool file, bool to_file)
{
	bool follows = digesting->digest != NULL &&
	    digesting_follows(source, file, to_file);

	if (digesting->digest == NULL)
		return STATUS_OK;
	if (follows)
		digesting->follower = follower_start(source->fd,
		    digesting->digest);
	/* Without a thread (EAGAIN: RLIMIT_NPROC, EPERM: a seccomp filter) look
	 * at the data, unless the method that was named forbids it. */
	if (follows && digesting->follower == NULL &&
	    source->options->method != ZC_AUTO) {
		diag_errno("--digest", "start a thread");
		return STATUS_OTHER;
	}
	diag_verbose("digest: %s, %s",
	    digest_name(digesting_algorithm(source->options)),
	    digesting_way(digesting->follower != NULL));
	return STATUS_OK;
}

void
digesting_follow(struct digesting *digesting, const struct zc_moved *moved)
{
	const int64_t end = moved->in_from + moved->length;
	struct zc_moved ahead = *moved;

	if (digesting->follower == NULL || moved->in_from < 0 ||
	    moved->out_from < 0 || end <= digesting->followed)
		return;
	ahead.in_from = MAX(moved->in_from, digesting->followed);
	ahead.length = end - ahead.in_from;
	digesting->followed = end;
	follower_add(digesting->follower, &ahead);
}

int
digesting_look(struct digesting *digesting, const void *data, int64_t size)
{
	static const unsigned char zeros[ZEROS];

	if (data != NULL) {
		digest_update(digesting->digest, data, (size_t)size);
		return 0;
	}
	for (; size > 0 && signals_caught() == 0; size -= ZEROS) {
		signals_answer();
		digest_update(digesting->digest, zeros,
		    (size_t)MIN(size, ZEROS));
	}
	return size > 0 ? -1 : 0;
}

/** Print why SOURCE could not be read again: errno. */
static enum status
read_failed(struct ends *ends, int64_t moved)
{
	const int signal = signals_caught();

	if (errno == EINTR && signal != 0) {
		diag_error(ends->dest->end.name, "interrupted (%s) %s",
		    diag_signal_name(signal), tally(ends, moved, -1).text);
		return STATUS_OTHER;
	}
	diag_error(ends->source.name, "read again for the digest: %s %s",
	    errno == ENODATA ? "it ended early" : strerror(errno),
	    tally(ends, moved, -1).text);
	return endpoint_fault(&ends->source);
}

/** Compare the value with that of --expect. */
static enum status
compare(const struct digesting *digesting, struct ends *ends, int64_t moved)
{
	const struct digest_value *expected = &ends->source.options->expect;
	char found[DIGEST_TEXT], wanted[DIGEST_TEXT];

	if (expected->algorithm == DIGEST_NONE ||
	    digest_equal(&digesting->value, expected))
		return STATUS_OK;
	digest_text(found, &digesting->value);
	digest_text(wanted, expected);
	diag_error(ends->source.name, "digest: %s:%s, but expected %s %s",
	    digest_name(expected->algorithm), found, wanted,
	    tally(ends, moved, -1).text);
	return STATUS_DIGEST;
}

void
digesting_wait(struct digesting *digesting)
{
	if (digesting->follower != NULL && !digesting->known)
		digesting->error =
		    follower_finish(digesting->follower) < 0 ? errno : 0;
}

enum status
digesting_finish(struct digesting *digesting, struct ends *ends, int64_t moved)
{
	if (digesting->digest == NULL || digesting->known)
		return STATUS_OK;
	errno = digesting->error;
	if (errno != 0)
		return read_failed(ends, moved);
	digesting->value = digest_value(digesting->digest);
	digesting->known = true;
	return compare(digesting, ends, moved);
}

void
digesting_close(struct digesting *digesting)
{
	if (follower_end(digesting->follower))
		digest_free(digesting->digest);
	digesting->follower = NULL;
	digesting->digest = NULL;
}
