/*
 * Endpoints: open what a name on the command line means, and find out after
 * the last byte whether it has arrived.  They know nothing of methods.
 *
 *	parse -> open -> ready -> begin -> ended -> finish -> await
 *	    -> commit | abort
 *
 * parse   what the name means; touches nothing.
 * look    in place of open, for --explain: what open would find, and the
 *         obstacle that it would meet (look.h).  No other step follows.
 * open    all that can fail early and disturbs nobody: open files, look up
 *         names, bind, make the unnamed file.  A destination is not changed.
 * ready   wait for the other side: connect, accept, open a FIFO, start a
 *         command.  Sets fd.  A destination written in place is positioned
 *         here.
 * begin   the first byte is next: a destination written in place is truncated.
 * ended   SOURCE has ended, or has given all that was asked for, and DEST does
 *         not know that yet: find out whether this is an orderly end.
 * finish  DEST has got all of the data: tell its peer (half-close), but do not
 *         wait.  From here on the peer may take the data for complete.  Only a
 *         socket has this step.
 * await   DEST is a socket or a command: wait until it is settled, which means
 *         that the peer has confirmed, or that the command has exited with 0.
 *         A command gets the end of the data here, in the call after the one
 *         that found its pipe empty (`taken`).
 * commit  make it count: link and rename, close.  Destinations commit before
 *         sources, so that a receiver answers its sender only when its own file
 *         is complete.
 * abort   as if it had never been: the old file stands, a TCP peer is reset.
 *         Allowed at any time, on an endpoint of zeros too; after a commit
 *         that succeeded it does nothing.  A commit that failed needs it.
 *
 * Each step returns STATUS_OK; on failure, it prints the reason and returns the
 * exit status, which is STATUS_OTHER if a signal ends us (signals_caught()).
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "../base/deadline.h"
#include "../base/options.h"
#include "../base/status.h"
#include "../system/writeback.h"
#include "../zcopy.h"

enum role { ROLE_SOURCE, ROLE_DEST };

struct endpoint;
struct look;
struct part_state;			/* part.h */
struct preserved;			/* preserve.h */

/** What a type of endpoint is, and can do. */
enum endpoint_trait {
	ENDPOINT_PATH = 1,		/* a file by its path */
	ENDPOINT_REPLACES = 2,		/* DEST is as it was until commit */
	ENDPOINT_LISTENS = 4,
	ENDPOINT_NETWORK = 8,		/* failure: STATUS_CONNECTION */
	ENDPOINT_COMMAND = 16,		/* a pipe, to a process of ours */
};

/**
 * A type of endpoint.  Hooks may be NULL if there is nothing to do.
 *
 * `abort` undoes what `commit` has not completed, frees `state` and sets it to
 * NULL.  It runs after a commit as well, and may run twice.  endpoint_abort()
 * closes fd afterwards.
 *
 * `await` looks once, and sets `taken` and `settled`; if neither has become
 * true, it waits once, for at most so many milliseconds (-1: until something
 * happens).
 */
struct endpoint_type {
	const char *name;			/* "tcp"; for --explain */
	unsigned traits;			/* of enum endpoint_trait */
	unsigned offers;			/* what options may need of it:
						   enum need */
	enum status (*look)(struct endpoint *, struct look *);
	enum status (*open)(struct endpoint *);
	enum status (*ready)(struct endpoint *);
	enum status (*begin)(struct endpoint *);
	enum status (*ended)(struct endpoint *, bool cut, const char *tally);
	enum status (*broken)(struct endpoint *, const char *tally);
	enum status (*finish)(struct endpoint *);
	enum status (*await)(struct endpoint *, int milliseconds);
	enum status (*commit)(struct endpoint *);
	void (*abort)(struct endpoint *);
};

extern const struct endpoint_type
    endpoint_file,		/* PATH, file:PATH; DEST becomes one of: */
    endpoint_replace,		/* replaced whole or not at all */
    endpoint_in_place,		/* written in place */
    endpoint_stdio,		/* -, fd:N, /dev/stdin, /dev/fd/N */
    endpoint_tcp,		/* HOST:PORT, tcp: */
    endpoint_listen,		/* :PORT, listen: */
    endpoint_unix,		/* unix: */
    endpoint_unix_listen,	/* unix-listen: */
    endpoint_vsock,		/* vsock: */
    endpoint_vsock_listen,	/* vsock-listen: */
    endpoint_exec;		/* exec: */

/** endpoint_replace: print why the old file cannot be replaced, and name
 * --inplace if that would work.  Return the exit status. */
enum status replace_error(const struct endpoint *, const char *why);

/** endpoint_replace: print errno as the reason why DEST cannot be replaced, or
 * created.  Return the exit status. */
enum status replace_failed(const struct endpoint *);

/** endpoint_replace: return what to add to a message about `error`: if there is
 * no room (ENOSPC, EDQUOT), that --inplace could write the old file; or "".
 * Touch nothing, and keep errno. */
const char *replace_room_hint(const struct endpoint *, int error);

/* What the peer of a socket has done so far, after the end of the data. */
struct confirmation {
	bool closed;			/* closed its sending half (FIN) */
	int queued;			/* bytes it has not acknowledged */
};

struct endpoint {
	const char *name;		/* as typed: for messages */
	enum role role;
	const struct endpoint_type *type;
	const struct options *options;
	struct deadline deadline;	/* of the step that is under way */

	int fd;				/* the end itself, or -1 until ready */
	bool inherited;			/* fd is not ours to close */
	enum zc_kind kind;		/* for endpoint_kind() */
	bool empty;			/* SOURCE has nothing to move: it ends
					   before --offset, or a listener's peer
					   closed having sent nothing */
	bool has_stat;			/* st holds the file, or the old DEST */
	struct stat st;
	mode_t mode;			/* of a new DEST, before the umask; set
					   it before DEST is opened */
	const struct preserved *preserved;	/* DEST: what it gets with
					   --preserve; NULL: nothing */

	struct part_state *part;	/* DEST with --resume, when it is open;
					   else NULL */
	int64_t resumed;		/* SOURCE and DEST: bytes that an
					   earlier run has moved; where this one
					   goes on */
	int64_t expected;		/* SOURCE: bytes that it will move, as
					   far as its size and the options
					   tell; -1: unknown */
	int64_t room;			/* DEST: bytes for which begin is to
					   allocate room; 0: none */
	int64_t allocated;		/* DEST: bytes for which it did */
	struct writeback writeback;	/* of DEST, which begins while the data
					   moves; set when it is ready */
	double flushed;			/* seconds that it took to flush DEST to
					   the disk; -1: it was not flushed */
	int64_t awaited;		/* when await was called first;
					   clock_now().  0: not yet */
	double waited;			/* seconds from then until it was
					   settled, or has failed */
	bool has_end;			/* DEST's peer or command has the end of
					   the data */
	bool taken;			/* DEST's peer or command has taken all
					   of the data; true once settled */
	bool settled;			/* see await */
	int pause;			/* ms before await looks again, where no
					   event says that something changed */
	int64_t before, sent;		/* bytes that went into a socket: before
					   us, and by us */
	int64_t header;			/* DEST: bytes of --header, which come
					   before the data; set before begin */
	bool early;			/* DEST's peer had closed before the end
					   of the data; set by finish */
	struct confirmation seen;	/* set by finish, updated by await */
	const char *confirmed;		/* "close", "ack" or "none": what the
					   peer did; NULL: not applicable */

	/* What the name said. */
	const char *path;		/* file, unix */
	const char *abstract;		/* unix: the name without its '@', in
					   place of a path */
	uint32_t cid, vsock_port;	/* vsock */
	const char *command;		/* exec */
	char host[256], port[32];	/* tcp, listen; host "": any address */
	int listener;			/* listen: inherited; -1: none */
	int backlog;			/* of listen(2).  1, unless changed
					   before open: more than one peer is
					   too many, and the kernel's queue must
					   not hide that */

	void *state;			/* the type's own, or NULL */
};

static inline bool
endpoint_has(const struct endpoint *ep, enum endpoint_trait trait)
{
	return ep->type->traits & trait;
}

/**
 * Find the type that the name means, and touch nothing.  Return STATUS_OK; on
 * failure, print the reason and return STATUS_USAGE.  Whether a path is
 * replaced or written in place is decided when it is opened.
 */
enum status endpoint_parse(struct endpoint *, const char *name, enum role,
    const struct options *);

/** Find out what endpoint_open() would find.  Where it is known to fail, print
 * the same message and return the same status. */
enum status endpoint_look(struct endpoint *, struct look *);

enum status endpoint_open(struct endpoint *);
enum status endpoint_ready(struct endpoint *);
enum status endpoint_begin(struct endpoint *);

/** Ask SOURCE whether its end was orderly.  `cut`: it may have had more, but
 * --bytes is met.  `tally` ends a message, see transfer/tally.h.  May be called
 * again after it has succeeded. */
enum status endpoint_ended(struct endpoint *, bool cut, const char *tally);

/** Print why writing to DEST has failed with EPIPE, and return the exit status;
 * STATUS_OK if this type of endpoint knows nothing about that. */
enum status endpoint_broken(struct endpoint *, const char *tally);

/** Make the finish step of DEST: has_end is true if its peer has been told. */
enum status endpoint_finish(struct endpoint *);

/** True if DEST must be settled before it is committed: a socket, a command. */
bool endpoint_is_awaited(const struct endpoint *);

/** Wait until DEST has taken all, and in the next call until it is settled.
 * The deadline begins with the first call.  Unless `alone`, because other
 * destinations are waited for as well, return after 50 ms at most: STATUS_OK
 * also if nothing has changed yet, so look at ep->taken and ep->settled. */
enum status endpoint_await(struct endpoint *, bool alone);

enum status endpoint_commit(struct endpoint *);
void endpoint_abort(struct endpoint *);

/** True if the end is a stream socket, whose peer can confirm the data. */
bool endpoint_has_peer(const struct endpoint *);

/** Return the kind of the end's descriptor.  Once the end is open, or ready if
 * it has no descriptor before, this costs no system call. */
enum zc_kind endpoint_kind(const struct endpoint *);

/** Return the status for an end that failed: STATUS_SOURCE or STATUS_DEST, or
 * STATUS_CONNECTION for any stream socket. */
enum status endpoint_fault(const struct endpoint *);

/**
 * Check that writing DEST would not destroy SOURCE, once both are open or
 * looked at.  Return STATUS_OK; on failure, print the reason and return the
 * exit status.  Terminals and the like may be both; files, FIFOs and disks may
 * not.  Ranges within one file are left to the engine, which refuses those that
 * overlap.
 */
enum status endpoint_check_distinct(const struct endpoint *source,
    const struct endpoint *dest);

/** True if writing to one would change what is read from the other.  Terminals
 * and other character devices, and sockets, have two directions: false. */
bool endpoint_same_file(const struct stat *, const struct stat *);

/** True if both are one file, by device and inode. */
bool endpoint_same_inode(const struct stat *, const struct stat *);

/** True if the name of the file, as typed, is a port number: the user may have
 * meant ":9000". */
bool endpoint_is_port(const struct endpoint *);

/** Return what to add to a message about this errno of DEST if --user may be
 * the reason, or "".  Static text. */
const char *endpoint_user_hint(const struct endpoint *, int error);

/**
 * Print "NAME: DOING: strerror(errno)", and what the user can do about it if
 * that is known.  Return endpoint_fault(), or STATUS_OTHER for EINTR, which
 * means that a signal ends us.
 */
enum status endpoint_error(const struct endpoint *, const char *doing);

#endif
