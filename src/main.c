/*
 * zcopy: copy one file or stream from one place to another.
 *
 * Where to find what, from the top of the call chain down:
 *
 *	main.c			start, one action, the only exit
 *	cli/			the command line: options.c reads it,
 *				option-table.c has a row for each option,
 *				values.c checks and stores their values,
 *				list-options.c is --list-options,
 *				foreign.c knows the options of other tools
 *	bench/			--benchmark: bench.c measures methods in turn
 *	  route.c standard.c operands.c
 *				  which routes are measured; far-end.c is their
 *				  other side, data.c makes what they move, and
 *				  cold.c drops it from the page cache
 *	  pass.c		  one transfer, and what it cost
 *	  plan.c		  how long it takes, and --max-time
 *	  figures.c limit.c	  samples -> numbers -> which end is the limit
 *	  ticker.c table.c json.c csv.c
 *				  how it is shown
 *	transfer/		one run: run.c shows how far it is, and reports
 *	  transfer.c		  its steps: open, move, commit; ends.c is what
 *				  they work on: SOURCE and the destinations
 *	  wrapping.c		  --header, --trailer
 *	  outputs.c		  checks --progress-fd, --digest-file,
 *				  --json-file
 *	  skip.c		  --offset; resume.c --resume
 *	  sparse.c		  --sparse
 *	  user.c		  --user: gives up root
 *	  fit.c			  checks that each option fits an end
 *	  move.c		  the data: one engine job; mover.c is what is
 *				  to be done meanwhile, peers.c waits; rules.c
 *				  is --select, rate.c --rate
 *	  buffering.c		  --buffer: filler.c is the thread that reads
 *				  SOURCE, buffer.c says how far it is, and
 *				  buffer-store.c is the memory (SOURCE's pages,
 *				  pipe-queue.c or a file)
 *	  commit.c		  commits the destinations, in a good order
 *	  verdict.c		  its result -> a message and a status
 *	  tally.c		  how many bytes were moved, in words
 *	  watch.c		  finds out whether SOURCE was changed
 *	  cache.c		  --no-cache; ahead.c: read-ahead of SOURCE
 *	  digesting.c		  --digest, --expect; follower.c is a thread
 *				  that reads SOURCE again for them;
 *				  digest-file.c is --digest-file
 *	  direct.c		  inherited descriptors that have O_DIRECT
 *	  explain.c		  --explain
 *	  discard.c		  --discard
 *	report/			what is shown: verbose.c (-v), methods.c
 *				(--list-methods)
 *	  progress.c		  meanwhile, by a thread: view.c and speed.c
 *				  make figures of counters, line.c a line of
 *				  these
 *	  progress-object.c summary.c
 *				  meanwhile, and at the end, as JSON
 *				  (json-text.c, or json-missing.c)
 *	endpoint/		names -> open ends -> committed or undone
 *	  endpoint.c		  calls the hooks of its type; parse.c finds the
 *				  type that a name means
 *	  file.c		  paths: SOURCE, and how to write DEST
 *	  in-place.c		  files and devices that are written in place
 *	  replace.c		  files that are replaced whole or not at all;
 *				  keep.c is what the new file keeps of the old,
 *				  location.c finds where a path leads,
 *				  temporary.c makes names, obstacle.c knows what
 *				  forbids it
 *	  part.c		  the new file of --resume; record.c says what
 *				  is in it, checkpoint.c flushes it meanwhile
 *	  preserve.c		  --preserve
 *	  stdio.c		  descriptors that zcopy was started with
 *	  tcp.c listen.c unix.c vsock.c
 *				  sockets; socket.c listeners.c address.c
 *				  lookup.c connect.c retry.c congestion.c
 *				  allow.c are what they share
 *	  exec.c		  commands; guardian.c outlives zcopy, so that a
 *				  command sees no end of half the data
 *	  look.c		  what is known of an end before it is opened;
 *				  twins.c finds two destinations that are one
 *	  await.c		  peers that confirm, commands that exit
 *	  flush.c		  --sync
 *	  allocate.c		  room for a new file, before its data comes
 *	  descriptor.c		  opening, copying and closing descriptors
 *
 *	zcopy.h			the public header of the engine, libzcopy
 *	engine/			moves bytes from a source to its sinks
 *	  job.c			  the public calls; request.c checks what is
 *				  asked for, sized.h copies structs of programs
 *				  of other versions
 *	  loop.c		  the copy loop; motion.c makes one step,
 *				  confirm.c calls read(2) to check that SOURCE
 *				  has ended, fallback.c goes on to the next
 *				  method, waiting.c waits, ending.c ends sinks
 *	  supply.c		  the source, and what was taken from it
 *	  sink.c		  a sink; pace.c keeps several of one file close
 *				  together, total.c sums them up, pipe-pace.c
 *				  leaves a full pipe to its reader for a while
 *	  store-*.c		  where bytes wait: memory, a pipe, a map
 *	  extent.c zeros.c	  holes of the source, and zeros of a sink
 *	  policy.c		  which methods, in which order; other sizes
 *				  that were measured are in tuning.h
 *	  method.c method-*.c	  one way to move bytes each
 *	  end.c kind.c		  what is known about a descriptor, and calls
 *				  for it or for functions of the caller
 *	  nodisk.c		  reads what is in the page cache already
 *	  pieces.c cork.c	  headers and trailers, in full segments
 *	  compat-*.c		  the contracts of sendfile(2) on FreeBSD, of
 *				  splice(2) and of stdio
 *
 *	base/			what all of it may use: options.c is what the
 *				user asked for; diag.c prints messages; gauge.c
 *				is how far the run is; digest.c and digest-*.c
 *				compute digests, xxh3.c chooses xxh3-avx2.c if
 *				the CPU has that;
 *				signals.c deadline.c output.c size.c random.c
 *				number.c thread.c bell.c poll-until.c utf8.c
 *				minmax.h status.h; clock.h is the one clock;
 *				missing.h knows the errnos of a call that the
 *				kernel does not have
 *	system/			what differs between operating systems
 *	  access.c		  what we may do with a file
 *	  attributes.c		  owner, mode and ACL of a file
 *	  block.c		  block devices and direct I/O
 *	  capability.c		  what root, or the program in a file, may do
 *	  device.c		  what the number of a device says
 *	  file-flags.c		  flags of chattr(1), and what is mounted
 *	  filesystem.c		  what a file is on: procfs, tmpfs, ext4...
 *	  holes.c		  find holes in files, and make some
 *	  ioctl.h		  the type of ioctl(2)'s requests
 *	  memory-file.c		  files in memory: memfd_create(2)
 *	  mount.c		  the type of a file system, by its name
 *	  names.c		  names of errno values and signals
 *	  page-cache.c		  what the page cache holds, and dropping it
 *	  pipes.c		  large pipes, moving pages, reading packets
 *	  preallocate.c		  fallocate(2), where it pays
 *	  processes.c		  what descends from a process
 *	  punch.c		  making holes on macOS, FreeBSD and illumos
 *	  sendfile.c		  that of FreeBSD, macOS and illumos
 *	  setid.c		  set-user-ID and the like, which is refused
 *	  socket-pages.c	  pages that have left a socket
 *	  socket-queue.c	  what a socket has still to deliver
 *	  substitutes.c		  calls that Linux has, for other systems
 *	  tcp.c			  what the kernel knows of a TCP connection
 *	  timer-slack.c		  how exactly a thread is woken
 *	  uncached.c		  RWF_DONTCACHE, and F_NOCACHE of macOS
 *	  vsock.c		  addresses of vsock(7)
 *	  writeback.c		  begin to write a file to the disk early
 *	  xattrs.c		  extended attributes of a file
 *
 * A directory uses only those below it; system/ and base/ are used by all, and
 * system/ uses base/.  The engine knows nothing of the program.
 */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/output.h"
#include "base/signals.h"
#include "base/status.h"
#include "bench/bench.h"
#include "cli/options.h"
#include "report/methods.h"
#include "report/progress.h"
#include "system/setid.h"
#include "transfer/discard.h"
#include "transfer/run.h"

/**
 * Hold descriptors 0 to 2 open.  The next file opened would get the number of
 * one that is closed, and messages would land in the data.  "/" always exists,
 * and O_PATH keeps read(2) and write(2) failing with EBADF.
 */
static void
hold_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/", O_PATH);
}

/** Refuse to lend the rights of the program file to its caller, who could read
 * and write all files that these rights allow.  No option is safe, and the
 * environment cannot be trusted, either. */
static enum status
check_rights(void)
{
	if (!setid_is_used())
		return STATUS_OK;
	diag_error(NULL, "refused: this program file is set-user-ID or "
	    "set-group-ID or has capabilities, and would lend them to every "
	    "user; use sudo(8)");
	return STATUS_USAGE;
}

/** Do the one thing that was asked for. */
static enum status
act(const struct options *options)
{
	switch (options->action) {
	case ACTION_COPY:
	case ACTION_EXPLAIN:
		return run_transfer(options);
	case ACTION_DISCARD:
		return discard(options);
	case ACTION_BENCHMARK:
		return bench(options);
	case ACTION_LIST_METHODS:
		return methods_list(options->verbose);
	case ACTION_HELP:
	case ACTION_LIST_OPTIONS:
	case ACTION_VERSION:
		break;			/* options_parse() has printed it */
	}
	return STATUS_OK;
}

int
main(int argc, char **argv)
{
	struct options options;
	enum status status;

	hold_standard_descriptors();
	if (check_rights() != STATUS_OK)
		return STATUS_USAGE;
	output_buffer();
	signals_install();
	progress_answer_signals();
	status = options_parse(&options, argc, (const char **)argv);
	if (options.quiet)
		diag_set_level(DIAG_QUIET);
	if (options.verbose)
		diag_set_level(DIAG_VERBOSE);
	if (options.syslog)
		diag_use_syslog();
	if (status == STATUS_OK)
		status = act(&options);
	options_free(&options);
	/* If all went well, a signal came too late to change anything. */
	if (status != STATUS_OK && signals_caught() != 0)
		signals_die(signals_caught());
	return (int)status;
}
