#include "config.h"

#include "buffer.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/param.h>

#include "../base/bell.h"
#include "../base/gauge.h"
#include "../base/minmax.h"

/* A chunk is what is released at a time, and the room that the filler waits
 * for: a sixteenth of the buffer, up to CHUNK_MOST.  So the filler waits when
 * the buffer holds at least SIZE less two chunks. */
#define CHUNK_MOST	((int64_t)1024 * 1024)
#define CHUNKS		16

struct buffer {
	struct buffer_store store;
	int64_t start, unit, chunk;
	int64_t block_in, block_out;
	struct bell bell;

	pthread_mutex_t lock;		/* of all that follows */
	pthread_cond_t room;
	int64_t filled;			/* positions: filled up to here, */
	int64_t delivered;		/* which all destinations have, */
	int64_t released;		/* and whose memory is free again */
	bool awaited;			/* ring the bell when there is more */
	bool rung;			/* it has rung */
	bool complete, stopped;
	struct fill fill;
};

/** Decide how much is released at a time. */
static void
set_sizes(struct buffer *buffer, const struct buffer_plan *plan)
{
	const int64_t block = MAX(plan->block_in, plan->block_out);

	buffer->unit = buffer_store_unit(&buffer->store);
	buffer->chunk = MIN(plan->size / CHUNKS, CHUNK_MOST);
	buffer->chunk -= buffer->chunk % MAX(buffer->unit, block);
	buffer->chunk = MAX(buffer->chunk, MAX(buffer->unit, block));
	/* Less than block_out may be left to deliver, and less than a chunk and
	 * a unit to release.  There must be room for a chunk even then. */
	buffer->fill = (struct fill){ .least = -1,
		.size = MAX(plan->size, 4 * buffer->chunk) };
}

enum status
buffer_open(struct buffer **made, const struct buffer_plan *plan)
{
	struct buffer_store store = plan->store;
	struct buffer *buffer = calloc(1, sizeof(*buffer));
	enum status status;

	if (buffer == NULL) {
		buffer_store_close(&store);
		return buffer_store_refuse("start");
	}
	buffer->store = store;
	buffer->bell = (struct bell)BELL_INIT;
	buffer->start = buffer->filled = buffer->delivered = plan->start;
	buffer->block_in = plan->block_in;
	buffer->block_out = plan->block_out;
	set_sizes(buffer, plan);
	buffer->released = plan->start - plan->start % buffer->unit;
	pthread_mutex_init(&buffer->lock, NULL);
	pthread_cond_init(&buffer->room, NULL);
	status = buffer_store_begin(&buffer->store, plan->start,
	    plan->expected);
	if (status == STATUS_OK && bell_open(&buffer->bell) < 0)
		status = buffer_store_refuse("pipe");
	if (status == STATUS_OK) {
		gauge_fill(&buffer->fill);
		*made = buffer;
	} else {
		buffer_close(buffer);
	}
	return status;
}

void
buffer_close(struct buffer *buffer)
{
	if (buffer == NULL)
		return;
	buffer_store_close(&buffer->store);
	bell_close(&buffer->bell);
	pthread_cond_destroy(&buffer->room);
	pthread_mutex_destroy(&buffer->lock);
	free(buffer);
}

int
buffer_fd(const struct buffer *buffer)
{
	return buffer_store_source(&buffer->store);
}

int
buffer_sink(const struct buffer *buffer)
{
	return buffer_store_sink(&buffer->store);
}

/** Return how much may be filled.  A hole is filled at once, whatever its size:
 * then this is negative.  The caller has the lock. */
static int64_t
room_of(const struct buffer *buffer)
{
	return buffer->fill.size -
	    (buffer->filled - MAX(buffer->released, buffer->start));
}

int64_t
buffer_room(struct buffer *buffer, int64_t bytes)
{
	int64_t room;

	pthread_mutex_lock(&buffer->lock);
	if (room_of(buffer) < buffer->chunk && !buffer->stopped) {
		buffer->fill.full++;
		if (buffer->fill.least < 0)
			buffer->fill.least = buffer->fill.now;
		gauge_fill(&buffer->fill);
	}
	while (room_of(buffer) < buffer->chunk && !buffer->stopped)
		pthread_cond_wait(&buffer->room, &buffer->lock);
	room = buffer->stopped ? 0 : min64(bytes, room_of(buffer));
	pthread_mutex_unlock(&buffer->lock);
	return bytes < buffer->block_in ? room :
	    room - room % buffer->block_in;
}

/** Note how full the buffer is now.  The caller has the lock. */
static void
note_fill(struct buffer *buffer)
{
	struct fill *fill = &buffer->fill;

	/* Skipping a hole, either side may get far ahead of the other. */
	fill->now = max64(buffer->filled - buffer->delivered, 0);
	fill->now = MIN(fill->now, fill->size);
	fill->most = MAX(fill->most, fill->now);
	if (fill->least >= 0 && !buffer->complete)
		fill->least = MIN(fill->least, fill->now);
	gauge_fill(fill);
}

/** Ring the bell.  The caller has the lock: otherwise the main thread could
 * silence the bell after `rung` was set and before it rings.  Then poll(2)
 * would return at once each time, until the bell rings again, if it does. */
static void
ring(struct buffer *buffer)
{
	buffer->rung = true;
	bell_ring(&buffer->bell);
}

void
buffer_fill(struct buffer *buffer, int64_t position)
{
	pthread_mutex_lock(&buffer->lock);
	buffer->filled = position;
	note_fill(buffer);
	if (buffer->awaited)
		ring(buffer);
	buffer->awaited = false;
	pthread_mutex_unlock(&buffer->lock);
}

void
buffer_complete(struct buffer *buffer)
{
	buffer_store_complete(&buffer->store, buffer->filled);
	pthread_mutex_lock(&buffer->lock);
	buffer->complete = true;
	ring(buffer);
	pthread_mutex_unlock(&buffer->lock);
}

bool
buffer_is_stopped(struct buffer *buffer)
{
	bool stopped;

	pthread_mutex_lock(&buffer->lock);
	stopped = buffer->stopped;
	pthread_mutex_unlock(&buffer->lock);
	return stopped;
}

int64_t
buffer_have(struct buffer *buffer, int64_t position)
{
	int64_t have;

	pthread_mutex_lock(&buffer->lock);
	have = max64(buffer->filled - position, 0);
	if (buffer->complete) {
		have = INT64_MAX;
	} else {
		have -= have % buffer->block_out;
		/* Count once each time, not each look. */
		if (have == 0 && !buffer->awaited &&
		    buffer->filled > buffer->start) {
			buffer->fill.empty++;
			gauge_fill(&buffer->fill);
		}
		buffer->awaited = have == 0;
	}
	pthread_mutex_unlock(&buffer->lock);
	return have;
}

int
buffer_bell(const struct buffer *buffer)
{
	return buffer->bell.fd[0];
}

int
buffer_error(const struct buffer *buffer)
{
	return buffer_store_error(&buffer->store);
}

void
buffer_silence(struct buffer *buffer)
{
	pthread_mutex_lock(&buffer->lock);
	if (buffer->rung)
		bell_silence(&buffer->bell);
	buffer->rung = false;
	pthread_mutex_unlock(&buffer->lock);
}

void
buffer_release(struct buffer *buffer, int64_t position)
{
	const int64_t to = position - position % buffer->unit;
	const int64_t from = buffer->released;	/* only we change it */
	const bool releases = to - from >= buffer->chunk;

	if (releases)
		buffer_store_release(&buffer->store, from, to);
	pthread_mutex_lock(&buffer->lock);
	buffer->delivered = position;
	if (releases)
		buffer->released = to;
	note_fill(buffer);
	if (releases)
		pthread_cond_signal(&buffer->room);
	pthread_mutex_unlock(&buffer->lock);
}

void
buffer_stop(struct buffer *buffer)
{
	buffer_store_stop(&buffer->store);
	pthread_mutex_lock(&buffer->lock);
	buffer->stopped = true;
	pthread_cond_signal(&buffer->room);
	pthread_mutex_unlock(&buffer->lock);
}
