/*
 * The request's `look`: it sees the data of a range in order, and each byte
 * once, whatever is taken again and however many sinks there are.
 */
#include "config.h"

#include "lib-holes.h"

static unsigned char seen[sizeof(content)];
static int64_t seen_size;
static int64_t stop_at;			/* bytes; 0: never */

static int
on_look(const void *data, int64_t size, void *arg)
{
	(void)arg;
	if (size <= 0 || size > (int64_t)sizeof(seen) - seen_size)
		give_up("look");
	if (data != NULL)
		memcpy(seen + seen_size, data, (size_t)size);
	else
		memset(seen + seen_size, 0, (size_t)size);
	seen_size += size;
	return stop_at > 0 && seen_size >= stop_at;
}

static struct zc_request
look_request(int in, int out)
{
	struct zc_request request = request_for(in, out, ZC_AUTO);

	request.flags |= ZC_LOOK;
	request.look = on_look;
	seen_size = stop_at = 0;
	return request;
}

static bool
saw(const unsigned char *data, size_t size)
{
	return seen_size == (int64_t)size && memcmp(seen, data, size) == 0;
}

static bool
sees_file(size_t size, size_t block)
{
	int in = file_of(content, size), out = file_of("", 0);
	struct zc_request request = look_request(in, out);
	struct zc_result result;

	request.block_size = block;
	CHECK(run(&request, &result) == 0);
	CHECK(saw(content, size) && is_content(out, size));
	CHECK(result.used_count == (size > 0));
	CHECK(size == 0 || result.used[0] == ZC_READ_WRITE);
	return true;
}

static bool
sees_holes(const char *layout, unsigned flags)
{
	const size_t size = strlen(layout) * UNIT;
	int in = sparse_file(layout), out = file_of("", 0);
	struct zc_request request = look_request(in, out);
	struct zc_result result;

	request.flags |= flags;
	CHECK(run(&request, &result) == 0);
	CHECK(saw(image, size) && holds(out, 0, image, size));
	return true;
}

/** The bytes of a stream are taken once for all sinks; a file is read once for
 * each. */
static bool
sees_once(bool stream)
{
	const size_t size = sizeof(got);
	struct trickle trickle = { content, size, 0, 7001 };
	struct zc_io in_io = trickle_io(&trickle), out_io = collector();
	struct zc_sink sinks[2] = { ZC_SINK_INIT(file_of("", 0)),
		ZC_SINK_INIT(-1) };
	int in = stream ? -1 : file_of(content, size), out = file_of("", 0);
	struct zc_request request = look_request(in, out);
	struct zc_result result;

	if (stream)
		request.in_io = &in_io;
	sinks[1].io = &out_io;
	request.sinks = sinks;
	request.sink_count = 2;
	request.block_size = 9999;
	CHECK(run(&request, &result) == 0);
	CHECK(saw(content, size) && is_content(out, size));
	CHECK(is_content(sinks[0].fd, size));
	CHECK(got_size == size && memcmp(got, content, size) == 0);
	return true;
}

static bool
sees_ranges(void)
{
	int in = file_of(content, 300000), out = file_of("", 0);
	struct zc_request request = look_request(in, out);
	struct zc_range range = ZC_RANGE_INIT;
	struct zc_job *job;

	request.bytes = 100000;
	request.flags |= ZC_KEEP_OPEN;
	job = new_job(&request);
	CHECK(zc_job_run(job, NULL, 0) == 0 && saw(content, 100000));
	range.offset = 50000;
	range.bytes = 200000;
	seen_size = 0;
	CHECK(zc_job_next(job, &range) == 0);
	CHECK(zc_job_run(job, NULL, 0) == 0 && saw(content + 50000, 200000));
	zc_job_free(job);
	return true;
}

static bool
stops(bool hole)
{
	int in = hole ? sparse_file("....") : file_of(content, 300000);
	struct zc_request request = look_request(in, file_of("", 0));
	struct zc_result result;

	request.block_size = 10000;
	request.flags |= hole ? ZC_KEEP_HOLES : 0;
	stop_at = 20000;
	CHECK(run(&request, &result) == EINTR);
	CHECK(result.outcome == ZC_STOPPED && result.error == EINTR);
	CHECK(hole || result.bytes == 10000);
	return true;
}

static bool
needs_both(void)
{
	int in = file_of("a", 1), out = file_of("", 0);
	struct zc_request request = look_request(in, out);

	request.flags = 0;
	CHECK(zc_job_new(&request) == NULL && errno == EINVAL);
	request = look_request(in, out);
	request.look = NULL;
	CHECK(zc_job_new(&request) == NULL && errno == EINVAL);
	return true;
}

static bool
rules_out(enum zc_method method)
{
	struct zc_request request = look_request(file_of(content, 300000),
	    file_of("", 0));
	struct zc_result result;

	request.method = method;
	CHECK(run(&request, &result) == ENOTSUP);
	CHECK(result.outcome == ZC_UNSUITED && result.bytes == 0);
	CHECK(strstr(result.reason, "looked at") != NULL && seen_size == 0);
	return true;
}

int
main(void)
{
	static const size_t sizes[] = { 0, 1, 4096, 100000, 1800000 };

	begin();
	for (size_t i = 0; i < COUNT(sizes); i++) {
		CASE(sees_file(sizes[i], 0), "look: a file of %zu bytes",
		    sizes[i]);
		CASE(sees_file(sizes[i], 4099), "look: a file of %zu bytes, "
		    "in small blocks", sizes[i]);
	}
	FOR_EACH_LAYOUT(layout) {
		CASE(sees_holes(layout, 0), "look: %s", layout);
		CASE(sees_holes(layout, ZC_KEEP_HOLES), "look: %s, holes are "
		    "skipped", layout);
		CASE(sees_holes(layout, ZC_MAKE_HOLES), "look: %s, holes are "
		    "made", layout);
	}
	CASE(sees_once(true), "look: a stream to three sinks is seen once");
	CASE(sees_once(false), "look: a file to three sinks is seen once");
	CASE(sees_ranges(), "look: each range is seen from its beginning");
	CASE(stops(false), "look: it can stop the job");
	CASE(stops(true), "look: it can stop the job at a hole");
	CASE(needs_both(), "look: the flag and the function go together");
	for (enum zc_method m = ZC_AUTO + 1; m < ZC_METHODS; m++)
		if (m != ZC_READ_WRITE)
			CASE(rules_out(m), "look: %s is ruled out",
			    zc_method_name(m));
	finish();
	return 0;
}
