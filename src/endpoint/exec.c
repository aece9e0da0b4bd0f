/*
 * A command, which the shell runs: SOURCE is what it prints, DEST is its
 * standard input.  Its exit status is part of the verdict.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/gauge.h"
#include "../system/processes.h"
#include "endpoint.h"
#include "guardian.h"
#include "look.h"

static const char waiting[] = "waiting for the command to exit";

struct exec_state {
	struct guardian guardian;
	bool well;			/* it has exited as it should */
	int unread;			/* bytes that were in the pipe when we
					   looked last */
};

/** Without /proc a command that failed could not be ended. */
static enum status
exec_check(const struct endpoint *ep)
{
	if (processes_visible() == 0)
		return STATUS_OK;
	diag_error(ep->name, "start: exec: needs /proc, to find the processes "
	    "of the command: %s", errno == ESRCH ?
	    "it shows another PID namespace" : strerror(errno));
	return endpoint_fault(ep);
}

static enum status
exec_look(struct endpoint *ep, struct look *look)
{
	look->kind = ZC_PIPE;
	look->way = "sent to the command's standard input";
	return exec_check(ep);
}

static enum status
exec_open(struct endpoint *ep)
{
	enum status status = exec_check(ep);

	if (status != STATUS_OK)
		return status;
	ep->state = calloc(1, sizeof(struct exec_state));
	return ep->state == NULL ? endpoint_error(ep, "start") : STATUS_OK;
}

/** Start the command.  ends[0] is the pipe's reading end.  Return 0, or -1 with
 * errno. */
static int
exec_start(struct endpoint *ep, const int ends[2])
{
	struct guardian *guardian = &((struct exec_state *)ep->state)->guardian;
	int null, result, error;

	if (ep->role == ROLE_DEST)
		return guardian_start(guardian, ep->command, ends[0], -1,
		    ends[1]);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0)
		return -1;
	result = guardian_start(guardian, ep->command, null, ends[1], -1);
	error = errno;
	close(null);
	errno = error;
	return result;
}

static enum status
exec_ready(struct endpoint *ep)
{
	const int ours = ep->role == ROLE_SOURCE ? 0 : 1;
	int ends[2], result, error;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return endpoint_error(ep, "pipe");
	ep->fd = ends[ours];
	result = exec_start(ep, ends);
	error = errno;
	close(ends[!ours]);
	errno = error;
	if (result < 0)
		return endpoint_error(ep, "start /bin/sh");
	diag_verbose("%s: started", ep->name);
	return STATUS_OK;
}

/** Print why guardian_wait() has failed. */
static enum status
exec_lost(const struct endpoint *ep)
{
	if (errno == EINTR || errno == ETIMEDOUT)
		return endpoint_error(ep, waiting);
	if (errno != ECHILD)
		return endpoint_error(ep, "start /bin/sh");
	diag_error(ep->name, "its guardian process was killed, so that its "
	    "exit status is unknown");
	return endpoint_fault(ep);
}

/** Print how the command has ended, and what else there is to say. */
static enum status
exec_ended(const struct endpoint *ep, int wait_status, const char *what)
{
	if (WIFSIGNALED(wait_status))
		diag_error(ep->name, "killed by %s%s",
		    diag_signal_name(WTERMSIG(wait_status)), what);
	else
		diag_error(ep->name, "exited with status %d%s",
		    WEXITSTATUS(wait_status), what);
	return endpoint_fault(ep);
}

/** True if the command has ended by SIGPIPE: itself, or what the shell ran. */
static bool
exec_is_cut(int wait_status)
{
	return WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) == SIGPIPE :
	    WEXITSTATUS(wait_status) == 128 + SIGPIPE;
}

/** Close our end of the pipe, but leave the descriptor open, because the engine
 * has its number: let it be /dev/null. */
static int
exec_close_pipe(const struct endpoint *ep)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), result;

	if (null < 0)
		return -1;
	result = dup3(null, ep->fd, O_CLOEXEC);
	close(null);
	return result;
}

/** Wait until the command has exited.  Return as guardian_wait(). */
static int
exec_wait(struct endpoint *ep)
{
	struct exec_state *state = ep->state;
	int exited = guardian_wait(&state->guardian, &ep->deadline, 0);

	if (exited == 0) {
		gauge_phase(PHASE_COMMAND);
		exited = guardian_wait(&state->guardian, &ep->deadline, -1);
	}
	return exited;
}

static enum status
exec_source_ended(struct endpoint *ep, bool cut, const char *tally)
{
	struct exec_state *state = ep->state;
	char what[200];
	int how;

	if (state->well)
		return STATUS_OK;
	if (cut && exec_close_pipe(ep) < 0)
		return endpoint_error(ep, "close");
	if (exec_wait(ep) < 0)
		return exec_lost(ep);
	how = state->guardian.wait_status;
	state->well = how == 0 || (cut && exec_is_cut(how));
	if (state->well) {
		diag_verbose("%s: %s", ep->name, how == 0 ?
		    "exited with status 0" : "ended by SIGPIPE");
		return STATUS_OK;
	}
	snprintf(what, sizeof(what), " %s", tally);
	return exec_ended(ep, how, what);
}

static enum status
exec_broken(struct endpoint *ep, const char *tally)
{
	struct guardian *guardian = &((struct exec_state *)ep->state)->guardian;
	char what[256];
	int exited;

	snprintf(what, sizeof(what), " before it had taken everything %s",
	    tally);
	/* Its standard input closes just before its end is reported.  If it
	 * goes on without, this is what it gets to exit. */
	exited = guardian_wait(guardian, &ep->deadline, 2000);
	if (exited < 0 && errno != ETIMEDOUT)
		return exec_lost(ep);
	if (exited > 0)
		return exec_ended(ep, guardian->wait_status, what);
	diag_error(ep->name, "closed its standard input%s", what);
	return endpoint_fault(ep);
}

/** Set state->unread to the bytes that are in the pipe.  Fewer than before are
 * progress: the deadline begins again. */
static enum status
exec_count(struct endpoint *ep)
{
	struct exec_state *state = ep->state;
	const int before = state->unread;

	if (ioctl(ep->fd, FIONREAD, &state->unread) < 0)
		return endpoint_error(ep, "ioctl");
	if (state->unread < before)
		deadline_renew(&ep->deadline);
	return STATUS_OK;
}

/** Fail because nobody can read what is in the pipe. */
static enum status
exec_left(struct endpoint *ep)
{
	const struct exec_state *state = ep->state;
	char what[40];

	snprintf(what, sizeof(what), "(%d bytes unread)", state->unread);
	return exec_broken(ep, what);
}

/**
 * Look whether the command, or a child of it, has read all that is in the pipe;
 * if not, wait.  Only then is an exit status of 0 worth anything: the command
 * may exit without having read to the end.  No event says that the pipe is
 * empty, so wait for a pause.
 */
static enum status
exec_drain(struct endpoint *ep)
{
	struct exec_state *state = ep->state;
	struct guardian *guardian = &state->guardian;
	struct pollfd polled = { .fd = ep->fd };
	enum status status = exec_count(ep);

	if (status != STATUS_OK || state->unread == 0)
		return status;
	/* A command that has exited with 0 may have a child that reads on. */
	if (guardian_wait(guardian, &ep->deadline, 0) < 0)
		return exec_lost(ep);
	if (guardian->exited && guardian->wait_status != 0)
		return exec_left(ep);
	if (deadline_poll(&ep->deadline, &polled, 1, ep->pause) < 0)
		return endpoint_error(ep, waiting);
	if (!(polled.revents & POLLERR))
		return STATUS_OK;
	/* The last reader may have taken the rest before it closed. */
	status = exec_count(ep);
	return status == STATUS_OK && state->unread > 0 ? exec_left(ep) :
	    status;
}

/** Wait until the pipe is empty; in a later call, end the data, and wait until
 * the command has exited.  In between the caller can check SOURCE, and end the
 * command instead of the data. */
static enum status
exec_await(struct endpoint *ep, int milliseconds)
{
	struct exec_state *state = ep->state;
	int exited;

	if (!ep->taken) {
		enum status status = exec_drain(ep);

		ep->taken = status == STATUS_OK && state->unread == 0;
		return status;
	}
	if (!ep->has_end) {
		guardian_let_go(&state->guardian);
		close(ep->fd);
		ep->fd = -1;
		ep->has_end = true;
	}
	exited = guardian_wait(&state->guardian, &ep->deadline, milliseconds);
	if (exited < 0)
		return exec_lost(ep);
	if (exited == 0)
		return STATUS_OK;
	ep->settled = state->well = state->guardian.wait_status == 0;
	if (!state->well)
		return exec_ended(ep, state->guardian.wait_status, "");
	diag_verbose("%s: exited with status 0", ep->name);
	return STATUS_OK;
}

static void
exec_abort(struct endpoint *ep)
{
	struct exec_state *state = ep->state;

	if (state == NULL)
		return;
	if (state->guardian.pid > 0 &&
	    !guardian_end(&state->guardian, state->well) && !state->well)
		diag_error(ep->name, "processes of the command could not be "
		    "ended%s", ep->role == ROLE_DEST ?
		    "; they wait for data that will not come" : "");
	free(state);
	ep->state = NULL;
}

const struct endpoint_type endpoint_exec = {
	.name = "exec",
	.traits = ENDPOINT_COMMAND,
	.look = exec_look,
	.open = exec_open,
	.ready = exec_ready,
	.ended = exec_source_ended,
	.broken = exec_broken,
	.await = exec_await,
	.abort = exec_abort,
};
