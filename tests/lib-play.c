/*
 * Hooks that follow a script.
 */
#include "config.h"

#include "lib-play.h"

struct play play;

static void
note(char letter)
{
	size_t length = strlen(play.log);

	if (length + 1 < sizeof(play.log))
		play.log[length] = letter;
}

/** Return true if this call fails. */
static bool
fails(char call, struct zc_wait *wait)
{
	const struct fault *fault = play.faults;
	int nth = ++play.calls[(int)call];

	/* The library has set it to nothing. */
	play.wrong += wait->fd != -1 || wait->events != 0 || wait->until != 0;
	for (; fault != NULL && fault->call != '\0'; fault++) {
		if (fault->call != call || fault->nth != nth)
			continue;
		if (fault->error == EAGAIN)
			*wait = play.wait = (struct zc_wait){ .fd = -1,
				.until = call * 1000 + nth };
		errno = fault->error;
		return true;
	}
	return false;
}

static ssize_t
on_readv(void *arg, const struct iovec *view, int count, struct zc_wait *wait)
{
	size_t size = (size_t)DATA - play.given;

	play.wrong += arg != &play || count != 1;
	note('r');
	if (fails('r', wait))
		return -1;
	if (size > play.part)
		size = play.part;
	if (size > view->iov_len)
		size = view->iov_len;
	memcpy(view->iov_base, content + play.given, size);
	play.given += size;
	return play.excess > 0 ? (ssize_t)view->iov_len + play.excess :
	    (ssize_t)size;
}

static ssize_t
on_writev(void *arg, const struct iovec *view, int count, bool more,
    struct zc_wait *wait)
{
	size_t room = play.part, before = play.got_size, offered = 0;

	play.wrong += arg != &play;
	note(more ? 'W' : 'w');
	if (fails('w', wait))
		return -1;
	for (int i = 0; i < count; i++) {
		size_t size = view[i].iov_len < room ? view[i].iov_len : room;

		play.wrong += view[i].iov_len == 0;
		memcpy(play.got + play.got_size, view[i].iov_base, size);
		play.got_size += size;
		room -= size;
		offered += view[i].iov_len;
	}
	play.kept += play.got_size - before;
	return play.excess > 0 ? (ssize_t)offered + play.excess :
	    (ssize_t)(play.got_size - before);
}

static int
on_flush(void *arg, struct zc_wait *wait)
{
	play.wrong += arg != &play;
	if (play.kept == 0)
		return 0;
	note('f');
	if (fails('f', wait))
		return -1;
	play.kept = 0;
	return 0;
}

static int
on_finish(void *arg, struct zc_wait *wait)
{
	play.wrong += arg != &play;
	note('e');
	if (fails('e', wait))
		return -1;
	play.finished++;
	return 0;
}

const struct zc_io play_source = { sizeof(play_source), &play, on_readv, NULL,
	NULL, NULL };
const struct zc_io play_sink = { sizeof(play_sink), &play, NULL, on_writev,
	on_flush, on_finish };

int
play_wait(const struct zc_wait *wait, size_t count, void *arg)
{
	play.wrong += arg != &play || count != 1;
	play.wrong += wait->fd != play.wait.fd ||
	    wait->events != play.wait.events || wait->until != play.wait.until;
	note('s');
	return 0;
}

static int
on_event(const struct zc_event *event, void *arg)
{
	const struct zc_moved *moved = &event->moved;

	play.wrong += arg != &play;
	/* Ends without a position count what they have moved. */
	if (event->type == ZC_EVENT_MOVED && play.counts)
		play.wrong += moved->out_from + moved->length !=
		    (int64_t)play.got_size || (moved->in_from >= 0 &&
		    moved->in_from + moved->length != event->bytes);
	if (event->type != ZC_EVENT_INTERRUPTED)
		return 0;
	note('i');
	return play.stops;
}

struct zc_request
set_up(const struct fault *faults)
{
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);

	memset(&play, 0, sizeof(play));
	play.faults = faults;
	play.part = PART;
	request.in_io = &play_source;
	request.out_io = &play_sink;
	request.wait = play_wait;
	request.event = on_event;
	request.arg = &play;
	return request;
}

bool
is_log(const char *log)
{
	if (strcmp(play.log, log) == 0 && play.wrong == 0)
		return true;
	printf("# %s, not %s; %u wrong\n", play.log, log, play.wrong);
	return false;
}
