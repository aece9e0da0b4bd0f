#include "config.h"

#include "gauge.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/param.h>

#include "clock.h"
#include "options.h"

/* `lock` protects all that follows. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gauge gauge = { .expected = -1 };
static struct peer {
	int64_t (*count)(const void *);
	const void *arg;
	int64_t acknowledged;		/* -1: unknown */
} peers[DESTS_MAX];
static size_t peer_count;

const char *
gauge_phase_name(enum phase which)
{
	static const char *const names[PHASES] = {
		[PHASE_STARTING] = "starting",
		[PHASE_OPENING] = "opening",
		[PHASE_LOOKING_UP] = "looking up the name",
		[PHASE_CONNECTING] = "connecting",
		[PHASE_ACCEPTING] = "waiting for a peer",
		[PHASE_SKIPPING] = "skipping",
		[PHASE_CHECKING] = "checking what is there",
		[PHASE_MOVING] = "moving",
		[PHASE_DIGESTING] = "computing the digest",
		[PHASE_CLOSING] = "closing",
		[PHASE_FLUSHING] = "flushing",
		[PHASE_RENAMING] = "renaming",
		[PHASE_CONFIRMING] = "waiting for the peer to confirm",
		[PHASE_COMMAND] = "waiting for the command to exit",
		[PHASE_DONE] = "done",
	};

	return names[which];
}

void
gauge_phase(enum phase phase)
{
	const int64_t now = clock_now();

	pthread_mutex_lock(&lock);
	if (gauge.began == 0)
		gauge.began = gauge.changed = now;
	if (gauge.phase != phase)
		gauge.changed = now;
	if (phase == PHASE_MOVING && gauge.moving == 0)
		gauge.moving = now;
	if (phase != PHASE_MOVING && gauge.phase == PHASE_MOVING)
		gauge.moved = now;
	gauge.phase = phase;
	pthread_mutex_unlock(&lock);
}

void
gauge_expect(int64_t bytes)
{
	pthread_mutex_lock(&lock);
	gauge.expected = bytes;
	pthread_mutex_unlock(&lock);
}

void
gauge_resumed(int64_t bytes)
{
	pthread_mutex_lock(&lock);
	gauge.resumed = bytes;
	pthread_mutex_unlock(&lock);
}

void
gauge_moved(int64_t bytes)
{
	const int64_t now = clock_now();

	pthread_mutex_lock(&lock);
	if (bytes != gauge.bytes)
		gauge.changed = now;
	gauge.bytes = bytes;
	pthread_mutex_unlock(&lock);
}

void
gauge_slowest(const char *name)
{
	pthread_mutex_lock(&lock);
	gauge.slowest = name;
	pthread_mutex_unlock(&lock);
}

void
gauge_fill(const struct fill *fill)
{
	pthread_mutex_lock(&lock);
	gauge.fill = *fill;
	pthread_mutex_unlock(&lock);
}

void
gauge_peer(int64_t (*count)(const void *), const void *arg)
{
	pthread_mutex_lock(&lock);
	if (peer_count < DESTS_MAX)
		peers[peer_count++] = (struct peer){ count, arg, -1 };
	pthread_mutex_unlock(&lock);
}

void
gauge_peer_end(const void *arg)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < peer_count; i++) {
		if (peers[i].arg != arg)
			continue;
		peers[i] = peers[--peer_count];
		break;
	}
	pthread_mutex_unlock(&lock);
}

struct gauge
gauge_read(void)
{
	struct gauge now;
	int64_t bytes = INT64_MAX;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < peer_count; i++) {
		struct peer *peer = &peers[i];
		const int64_t before = peer->acknowledged;

		peer->acknowledged = peer->count(peer->arg);
		if (peer->acknowledged != before)
			gauge.changed = clock_now();
		if (peer->acknowledged >= 0)
			bytes = MIN(bytes, peer->acknowledged);
	}
	now = gauge;
	now.bytes = MIN(now.bytes, bytes);
	pthread_mutex_unlock(&lock);
	return now;
}
