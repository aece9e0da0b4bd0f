/*
 * Ends behind hooks.
 */
#include "config.h"

#include "lib-hooks.h"

#include <sys/eventfd.h>
#include <time.h>

/** Copy at most `room` bytes out of an array.  Return how many. */
static size_t
gather(void *to, size_t room, const struct iovec *view, int count)
{
	size_t all = 0;

	for (int i = 0; i < count && all < room; i++) {
		size_t some = view[i].iov_len < room - all ? view[i].iov_len :
		    room - all;

		memcpy((char *)to + all, view[i].iov_base, some);
		all += some;
	}
	return all;
}

/** Copy at most `size` bytes into an array.  Return how many. */
static size_t
scatter(const struct iovec *view, int count, const void *from, size_t size)
{
	size_t all = 0;

	for (int i = 0; i < count && all < size; i++) {
		size_t some = view[i].iov_len < size - all ? view[i].iov_len :
		    size - all;

		memcpy(view[i].iov_base, (const char *)from + all, some);
		all += some;
	}
	return all;
}

/** Fail with EAGAIN, and ask for this. */
static int
ask(struct zc_wait *asked, struct zc_wait *wait, int fd, short events)
{
	*asked = *wait = (struct zc_wait){ .fd = fd, .events = events };
	errno = EAGAIN;
	return -1;
}

/** Ask for a time, which is soon.  No two are the same. */
static int
ask_for_time(struct zc_wait *asked, struct zc_wait *wait)
{
	static int64_t before;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	*wait = (struct zc_wait){ .fd = -1, .until = ++before + 100000 +
		(int64_t)now.tv_sec * 1000000000 + now.tv_nsec };
	*asked = *wait;
	errno = EAGAIN;
	return -1;
}

static int
fail(int error)
{
	errno = error;
	return -1;
}

/** Return the result of a call that counts bytes. */
static ssize_t
counted(int64_t *count, size_t bytes)
{
	*count += (int64_t)bytes;
	return (ssize_t)bytes;
}

/* A ring */

static void
signal_if(int fd, bool *is_set, bool wanted)
{
	uint64_t one = 1;

	if (*is_set == wanted)
		return;
	if ((wanted ? write(fd, &one, sizeof(one)) :
	    read(fd, &one, sizeof(one))) != (ssize_t)sizeof(one))
		give_up("eventfd");
	*is_set = wanted;
}

static void
signal_ring(struct ring *ring)
{
	signal_if(ring->has_data, &ring->signals_data,
	    ring->held > 0 || ring->closed || ring->abandoned);
	signal_if(ring->has_room, &ring->signals_room,
	    ring->held < RING_SIZE || ring->left);
}

static ssize_t
ring_writev(void *arg, const struct iovec *view, int count, bool more,
    struct zc_wait *wait)
{
	struct channel *channel = arg;
	struct ring *ring = &channel->ring;
	size_t at = (ring->from + ring->held) % RING_SIZE;
	size_t room = RING_SIZE - ring->held;

	(void)more;
	if (ring->left)
		return fail(EPIPE);
	if (room == 0)
		return rand() % 2 ? ask_for_time(&channel->writer_wait, wait) :
		    ask(&channel->writer_wait, wait, ring->has_room, POLLIN);
	if (room > RING_SIZE - at)
		room = RING_SIZE - at;
	room = gather(ring->data + at, room, view, count);
	ring->held += room;
	signal_ring(ring);
	return counted(&channel->written, room);
}

static ssize_t
ring_readv(void *arg, const struct iovec *view, int count,
    struct zc_wait *wait)
{
	struct channel *channel = arg;
	struct ring *ring = &channel->ring;
	size_t size = ring->held;

	if (size == 0 && ring->closed)
		return 0;
	if (size == 0 && ring->abandoned)
		return fail(EPROTO);
	if (size == 0)
		return rand() % 2 ? ask_for_time(&channel->reader_wait, wait) :
		    ask(&channel->reader_wait, wait, ring->has_data, POLLIN);
	if (size > RING_SIZE - ring->from)
		size = RING_SIZE - ring->from;
	size = scatter(view, count, ring->data + ring->from, size);
	ring->from = (ring->from + size) % RING_SIZE;
	ring->held -= size;
	signal_ring(ring);
	return counted(&channel->read, size);
}

/** Wait until the reader has everything. */
static int
ring_finish(void *arg, struct zc_wait *wait)
{
	struct channel *channel = arg;

	if (channel->ring.left)
		return fail(EPIPE);
	if (channel->ring.held > 0)
		return ask_for_time(&channel->writer_wait, wait);
	channel->ring.closed = true;
	channel->finishes++;
	signal_ring(&channel->ring);
	return 0;
}

static void
make_ring(struct channel *channel)
{
	struct ring *ring = &channel->ring;

	ring->has_data = keep(eventfd(0, EFD_NONBLOCK));
	ring->has_room = keep(eventfd(0, EFD_NONBLOCK));
	signal_ring(ring);
	channel->writer.writev = ring_writev;
	channel->writer.finish = ring_finish;
	channel->reader.readv = ring_readv;
}

/* A pipe with a pipe back */

/** Read all answers there are.  Return 0, or -1 with errno. */
static int
hear(struct turns *turns)
{
	char answers[PIPE_SIZE];
	ssize_t n = read(turns->back_out, answers, sizeof(answers));

	if (n == 0)
		return fail(EPIPE);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	turns->unanswered -= n;
	return 0;
}

static ssize_t
turns_writev(void *arg, const struct iovec *view, int count, bool more,
    struct zc_wait *wait)
{
	struct channel *channel = arg;
	struct turns *turns = &channel->turns;
	ssize_t n = -1;

	(void)more;
	if (hear(turns) < 0)
		return -1;
	errno = EAGAIN;
	if (turns->unanswered <= rand() % (4 * PIPE_SIZE))
		n = writev(turns->in, view, count);
	if (n < 0)
		return errno == EAGAIN ? ask(&channel->writer_wait, wait,
		    turns->back_out, POLLIN) : -1;
	turns->unanswered += 2 * n;
	return counted(&channel->written, (size_t)n);
}

/** Write the answers that are owed.  Return 0, or -1 with errno. */
static int
answer(struct turns *turns)
{
	static const char answers[PIPE_SIZE];

	while (turns->owed > 0) {
		ssize_t n = write(turns->back_in, answers,
		    turns->owed < PIPE_SIZE ? (size_t)turns->owed : PIPE_SIZE);

		if (n < 0)
			return -1;
		turns->owed -= n;
	}
	return 0;
}

static ssize_t
turns_readv(void *arg, const struct iovec *view, int count,
    struct zc_wait *wait)
{
	struct channel *channel = arg;
	struct turns *turns = &channel->turns;
	ssize_t n;

	if (answer(turns) < 0 && errno != EPIPE)
		return errno == EAGAIN ? ask(&channel->reader_wait, wait,
		    turns->back_in, POLLOUT) : -1;
	n = readv(turns->out, view, count);
	if (n < 0)
		return errno == EAGAIN ? ask(&channel->reader_wait, wait,
		    turns->out, POLLIN) : -1;
	turns->owed = 2 * n;
	return counted(&channel->read, (size_t)n);
}

/** Wait for the last answer. */
static int
turns_finish(void *arg, struct zc_wait *wait)
{
	struct channel *channel = arg;
	struct turns *turns = &channel->turns;

	if (hear(turns) < 0)
		return -1;
	if (turns->unanswered > 0)
		return ask(&channel->writer_wait, wait, turns->back_out,
		    POLLIN);
	shut(turns->in);
	channel->finishes++;
	return 0;
}

static void
make_turns(struct channel *channel)
{
	struct turns *turns = &channel->turns;

	make_pair(PIPE_END, &turns->in, &turns->out);
	make_pair(PIPE_END, &turns->back_in, &turns->back_out);
	channel->writer.writev = turns_writev;
	channel->writer.finish = turns_finish;
	channel->reader.readv = turns_readv;
}

/* Records */

/** Send records until no more than `most` bytes are in none.  Return 0, or -1
 * with errno. */
static int
send_records(struct records *records, size_t most)
{
	for (;;) {
		unsigned char *record = records->sending;
		size_t size = (size_t)rand() % RECORD_MAX + 1;

		while (records->sent < records->sending_size) {
			ssize_t n = send(records->in, record + records->sent,
			    records->sending_size - records->sent,
			    MSG_NOSIGNAL);

			if (n < 0)
				return -1;
			records->sent += (size_t)n;
		}
		if (records->kept_size <= most)
			return 0;
		if (size > records->kept_size)
			size = records->kept_size;
		record[0] = (unsigned char)(size >> 8);
		record[1] = (unsigned char)size;
		memcpy(record + 2, records->kept, size);
		records->kept_size -= size;
		memmove(records->kept, records->kept + size,
		    records->kept_size);
		records->sending_size = 2 + size;
		records->sent = 0;
	}
}

/** The reader never writes: if anything can be read, that is the end; or it is
 * ECONNRESET, once, if the reader had not read everything. */
static bool
reader_has_left(const struct records *records)
{
	char byte;
	ssize_t n = recv(records->in, &byte, 1, MSG_PEEK);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

static ssize_t
records_writev(void *arg, const struct iovec *view, int count, bool more,
    struct zc_wait *wait)
{
	struct channel *channel = arg;
	struct records *records = &channel->records;
	size_t size;

	if (reader_has_left(records))
		return fail(EPIPE);
	if (records->kept_size == KEPT_MAX &&
	    send_records(records, KEPT_MAX / 2) < 0 && errno != EAGAIN)
		return -1;
	if (records->kept_size == KEPT_MAX)
		return ask(&channel->writer_wait, wait, records->in, POLLOUT);
	size = gather(records->kept + records->kept_size,
	    KEPT_MAX - records->kept_size, view, count);
	records->kept_size += size;
	if (!more)
		(void)send_records(records, 0);	/* the next call fails, too */
	return counted(&channel->written, size);
}

static int
records_flush(void *arg, struct zc_wait *wait)
{
	struct channel *channel = arg;
	struct records *records = &channel->records;

	if (send_records(records, 0) < 0)
		return errno == EAGAIN ? ask(&channel->writer_wait, wait,
		    records->in, POLLOUT) : -1;
	channel->flushes++;
	return 0;
}

static int
records_finish(void *arg, struct zc_wait *wait)
{
	struct channel *channel = arg;
	struct records *records = &channel->records;

	if (records_flush(channel, wait) < 0)
		return -1;
	if (!records->ending) {
		records->ending = true;
		memset(records->sending, 0, 2);
		records->sending_size = 2;
		records->sent = 0;
	}
	if (records_flush(channel, wait) < 0)
		return -1;
	channel->finishes++;
	return 0;
}

/** Return how long the record is that is being received, so far as is known. */
static size_t
length_of_record(const struct records *records)
{
	return records->got_size < 2 ? 2 :
	    2 + ((size_t)records->got[0] << 8) + records->got[1];
}

/** Receive until a record is complete.  Return 0, or -1 with errno. */
static int
receive_record(struct records *records)
{
	ssize_t n;

	while (records->got_size < 2 ||
	    records->got_size < length_of_record(records)) {
		n = read(records->out, records->got + records->got_size,
		    length_of_record(records) - records->got_size);
		if (n <= 0)
			return n == 0 ? fail(EPROTO) : -1;
		records->got_size += (size_t)n;
	}
	records->ended = records->got_size == 2;
	return 0;
}

static ssize_t
records_readv(void *arg, const struct iovec *view, int count,
    struct zc_wait *wait)
{
	struct channel *channel = arg;
	struct records *records = &channel->records;
	size_t size;

	if (records->given == records->got_size)
		records->given = records->got_size = 0;
	if (records->given == 0) {
		if (!records->ended && receive_record(records) < 0)
			return errno == EAGAIN ? ask(&channel->reader_wait,
			    wait, records->out, POLLIN) : -1;
		if (records->ended)
			return 0;
		records->given = 2;
	}
	size = scatter(view, count, records->got + records->given,
	    records->got_size - records->given);
	records->given += size;
	return counted(&channel->read, size);
}

static void
make_records(struct channel *channel)
{
	make_pair(SOCKET_END, &channel->records.in, &channel->records.out);
	channel->writer.writev = records_writev;
	channel->writer.flush = records_flush;
	channel->writer.finish = records_finish;
	channel->reader.readv = records_readv;
}

/* All of them */

struct channel *
new_channel(enum sort sort)
{
	static struct channel channels[8];
	static size_t next;
	struct channel *channel = &channels[next++ % COUNT(channels)];

	memset(channel, 0, sizeof(*channel));
	channel->sort = sort;
	channel->writer.size = channel->reader.size = sizeof(struct zc_io);
	channel->writer.arg = channel->reader.arg = channel;
	if (sort == RING_END)
		make_ring(channel);
	else if (sort == TURNS_END)
		make_turns(channel);
	else
		make_records(channel);
	return channel;
}

void
leave_channel(struct channel *channel)
{
	if (channel->sort == RING_END) {
		channel->ring.left = true;
		signal_ring(&channel->ring);
	} else if (channel->sort == TURNS_END) {
		shut(channel->turns.out);
		shut(channel->turns.back_in);
	} else {
		shut(channel->records.out);
	}
}

void
abandon_channel(struct channel *channel)
{
	if (channel->sort == RING_END) {
		channel->ring.abandoned = true;
		signal_ring(&channel->ring);
	} else if (channel->sort == TURNS_END) {
		shut(channel->turns.in);
		shut(channel->turns.back_out);
	} else {
		shut(channel->records.in);
	}
}

size_t
kept_by(const struct channel *channel)
{
	const struct records *records = &channel->records;

	return channel->sort != RECORDS_END ? 0 :
	    records->kept_size + records->sending_size - records->sent;
}

ssize_t
write_channel(struct channel *channel, const void *data, size_t size)
{
	const struct iovec all = { (void *)data, size };
	struct zc_wait wait;

	return channel->writer.writev(channel, &all, 1, true, &wait);
}

ssize_t
read_channel(struct channel *channel, void *data, size_t size)
{
	const struct iovec all = { data, size };
	struct zc_wait wait;

	return channel->reader.readv(channel, &all, 1, &wait);
}

int
flush_channel(struct channel *channel)
{
	struct zc_wait wait;

	return channel->writer.flush == NULL ? 0 :
	    channel->writer.flush(channel, &wait);
}

int
finish_channel(struct channel *channel)
{
	struct zc_wait wait;

	return channel->writer.finish(channel, &wait);
}

bool
is_asked_for(const struct zc_wait *asked, const struct zc_wait *wait)
{
	struct pollfd polled = { .fd = wait->fd, .events = wait->events };

	return wait->fd == asked->fd && wait->events == asked->events &&
	    wait->until == asked->until &&
	    (wait->fd < 0 || poll(&polled, 1, 0) == 0);
}
