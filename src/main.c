/*
 * zcopy: move one file or stream between two places.
 *
 * Where to find what, from the top of the call chain down:
 *
 *	main.c			start, one action, the only exit
 *	options.c		the command line; option-table.c lists it;
 *				size.c, rules.c and allow.c read sizes,
 *				--select and --allow
 *	bench/			--benchmark: bench.c takes turns
 *	  route.c standard.c operands.c
 *				  which routes are measured; far-end.c serves
 *				  them, data.c has what they move, and cold.c
 *				  has the page cache forget it
 *	  pass.c		  one transfer, and what it took
 *	  figures.c limit.c	  samples -> numbers, and the answer in words
 *	  progress.c table.c json.c csv.c
 *				  how it is shown
 *	transfer.c		one run: open, move, commit, report
 *	  endpoint/		names -> descriptors -> verdicts
 *	    endpoint.c		  parser, and which type serves a name
 *	    file.c		  files and devices, read or written in place
 *	    replace.c		  files that are replaced whole or not at all;
 *				  place.c finds where a path leads, temporary.c
 *				  names, attributes.c keeps mode, owner and
 *				  ACL, writeback.c has the disk begin early
 *	    stdio.c		  descriptors that zcopy was started with
 *	    tcp.c listen.c unix.c sockets; socket.c listeners.c address.c
 *				  lookup.c connect.c retry.c congestion.c are
 *				  what they share
 *	    descriptor.c	  opening and closing patiently: patience.c has
 *				  the time-outs
 *	  wrapping.c		--header, --trailer
 *	  skip.c		--offset
 *	  direct.c		descriptors that have O_DIRECT
 *	  move.c		the data: one engine job
 *	  verdict.c		its result -> a message and a status
 *	  watch.c		did SOURCE stay as it was?
 *	  tally.c		how much was moved, for messages
 *	discard.c		--discard
 *	report/			what is shown: trail.c (-v), explain.c,
 *				methods.c (--list-methods)
 *	diag.c signals.c stdfds.c stopwatch.c
 *				messages, signals, closed descriptors, time
 *	base/			for the engine, too: missing.h knows the errnos
 *				of a call that the kernel does not have
 *
 *	zcopy.h			the engine, as everybody sees it: libzcopy
 *	engine/			moves bytes between two descriptors
 *	  job.c			  a job's life; turn.c is its loop, motion.c
 *				  one step of it; confirm.c asks read(2)
 *				  whether an end is the end
 *	  policy.c		  which methods, in which order
 *	  method.c method-*.c	  one way to move bytes each
 *	  end.c kind.c		  what there is to know of a descriptor
 *	  nodisk.c		  reading what is in memory already
 *	  pieces.c cork.c	  headers and trailers, in full segments
 *	  buffer.c pipe.c	  where bytes wait
 *	  compat-*.c		  the contracts of sendfile(2) on FreeBSD, of
 *				  splice(2) and of stdio
 *
 * Arrows run downwards only; the engine knows nothing of the program.
 */
#include "config.h"

#include "bench/bench.h"
#include "diag.h"
#include "discard.h"
#include "options.h"
#include "report/methods.h"
#include "signals.h"
#include "status.h"
#include "stdfds.h"
#include "transfer.h"

static enum status
act(const struct options *options)
{
	switch (options->action) {
	case ACTION_COPY:
	case ACTION_EXPLAIN:
		return transfer(options);
	case ACTION_DISCARD:
		return discard(options);
	case ACTION_BENCHMARK:
		return bench(options);
	case ACTION_LIST_METHODS:
		return methods_list(options->verbose);
	case ACTION_DONE:
		break;
	}
	return STATUS_OK;
}

int
main(int argc, char **argv)
{
	struct options options;
	enum status status;

	stdfds_hold();
	signals_install();
	status = options_parse(&options, argc, (const char **)argv);
	if (options.quiet)
		diag_set_level(DIAG_QUIET);
	if (options.verbose)
		diag_set_level(DIAG_VERBOSE);
	if (status == STATUS_OK)
		status = act(&options);
	options_free(&options);
	if (status != STATUS_OK && signals_caught() != 0)
		signals_die(signals_caught());
	return (int)status;
}
