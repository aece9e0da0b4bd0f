/*
 * caller-older: a program that was compiled against an older zcopy.h, whose
 * structs lack the newest members (see older_header in library.bats).
 */
#include "caller.h"

static size_t selects, events;

static int
on_select(const struct zc_ends *ends, void *arg)
{
	/* The library's own struct is larger. */
	CHECK(ends->size > sizeof(*ends) && arg == content);
	CHECK(ends->in == ZC_REGULAR && ends->out == ZC_REGULAR);
	CHECK(ends->bytes == (int64_t)sizeof(content));
	selects++;
	return ZC_AUTO;
}

static int
on_event(const struct zc_event *event, void *arg)
{
	CHECK(arg == content);
	CHECK(event->plan->size > sizeof(*event->plan));
	CHECK(event->plan->count > 0 && event->plan->method[0] != ZC_AUTO);
	CHECK(event->type != ZC_EVENT_MOVED || event->bytes > 0);
	events++;
	return 0;
}

static struct zc_request
request_for(FILE *in, FILE *out)
{
	return (struct zc_request){
		.size = sizeof(struct zc_request),
		.in_fd = fileno(in),
		.out_fd = fileno(out),
		.offset = ZC_CURRENT,
		.out_offset = ZC_CURRENT,
		.bytes = ZC_TO_END,
		.select = on_select,
		.event = on_event,
		.arg = content,
	};
}

static void
check_result(const struct zc_result *result)
{
	CHECK(result->outcome == ZC_DONE && result->error == 0);
	CHECK(result->bytes == (int64_t)sizeof(content));
	CHECK(result->header_bytes == 0 && result->trailer_bytes == 0);
	CHECK(result->lost == 0 && result->method != ZC_AUTO);
	CHECK(selects > 0 && events > 0);
	selects = events = 0;
}

static void
transfers(bool streams)
{
	FILE *in = new_source(), *out = new_file();
	GUARDED(zc_request) request;
	GUARDED(zc_result) result;

	GUARD(request);
	GUARD(result);
	request.it = request_for(in, out);
	result.it = (struct zc_result){ .size = sizeof(result.it) };
	CHECK((streams ? zc_transfer_stdio(in, out, &request.it, &result.it) :
	    zc_transfer(&request.it, &result.it)) == 0);
	CHECK_INTACT(request);
	CHECK_INTACT(result);
	check_result(&result.it);
	CHECK(has_content(out, sizeof(content)));
}

/** Move one half of the file, then the other. */
static void
moves_ranges(void)
{
	FILE *in = new_source(), *out = new_file();
	GUARDED(zc_request) request;
	GUARDED(zc_range) range;
	struct zc_job *job;

	GUARD(request);
	GUARD(range);
	request.it = request_for(in, out);
	request.it.bytes = sizeof(content) / 2;
	request.it.flags = ZC_KEEP_OPEN;
	request.it.select = NULL;
	range.it = (struct zc_range){ .size = sizeof(range.it),
		.offset = ZC_CURRENT, .out_offset = ZC_CURRENT,
		.bytes = ZC_TO_END };
	job = zc_job_new(&request.it);
	CHECK(job != NULL && zc_job_run(job, NULL, 0) == 0);
	CHECK(has_content(out, sizeof(content) / 2));
	CHECK(zc_job_next(job, &range.it) == 0);
	CHECK(zc_job_run(job, NULL, 0) == 0);
	CHECK(has_content(out, sizeof(content)));
	CHECK_INTACT(request);
	CHECK_INTACT(range);
	selects = 1;			/* check_result() wants some */
	CHECK(zc_job_result(job)->size > sizeof(struct zc_result));
	check_result(zc_job_result(job));
	zc_job_free(job);
}

static void
plans(void)
{
	FILE *in = new_source(), *out = new_file();
	const struct zc_request request = request_for(in, out);
	GUARDED(zc_ends) ends;
	GUARDED(zc_plan) plan;

	GUARD(ends);
	GUARD(plan);
	ends.it = (struct zc_ends){ .size = sizeof(ends.it) };
	plan.it = (struct zc_plan){ .size = sizeof(plan.it) };
	CHECK(zc_ends_of(&ends.it, &request) == 0);
	CHECK(ends.it.in == ZC_REGULAR && ends.it.out == ZC_REGULAR);
	CHECK(ends.it.bytes == (int64_t)sizeof(content));
	zc_plan(&plan.it, &ends.it, ZC_AUTO, ZC_AUTO, 0);
	CHECK_INTACT(ends);
	CHECK_INTACT(plan);
	CHECK(plan.it.count > 1);
	CHECK(plan.it.method[plan.it.count - 1] == ZC_READ_WRITE);
}

/** Structs that are smaller than in any version of zcopy.h are refused. */
static void
refuses_smaller_structs(void)
{
	FILE *in = new_source(), *out = new_file();
	const struct zc_request valid = request_for(in, out);
	struct zc_request request = valid;
	struct zc_result result = { .size = sizeof(result) };
	struct zc_ends ends = { .size = sizeof(ends.size) };

	for (request.size = 0; request.size < sizeof(request); request.size++) {
		errno = 0;
		CHECK(zc_job_new(&request) == NULL && errno == EINVAL);
		result.outcome = ZC_DONE;
		CHECK(zc_transfer(&request, &result) < 0 && errno == EINVAL);
		CHECK(result.outcome == ZC_INVALID && result.error == EINVAL);
		CHECK(result.bytes == 0 && result.size == sizeof(result));
	}
	result = (struct zc_result){ .size = 0 };
	CHECK(zc_transfer(&valid, &result) < 0 && errno == EINVAL);
	CHECK(zc_transfer_stdio(in, out, NULL, &result) < 0 && errno == EINVAL);
	CHECK(zc_ends_of(&ends, &valid) < 0 && errno == EINVAL);
	CHECK(has_content(out, 0));
}

int
main(void)
{
	transfers(false);
	transfers(true);
	moves_ranges();
	plans();
	refuses_smaller_structs();
	return 0;
}
