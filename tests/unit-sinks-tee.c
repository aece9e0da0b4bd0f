/*
 * Several sinks of a stream: the pages go by tee(2), and where the kernel does
 * not do that, or has no memory for the pipes, the bytes go through memory.
 * Nothing is lost or repeated, and what cannot work is not tried again.
 */
#include "config.h"

/* It turns functions that lib-faults.c replaces into inline functions. */
#undef _FORTIFY_SOURCE

#include <sys/resource.h>
#include <sys/wait.h>

#include "lib-fan.h"
#include "lib-faults.h"

#define SIZE	((size_t)1000 * 1000)	/* of the source */
#define SINKS	3

/* Calls that fail, and how often each was made */

static struct {
	enum call call;
	int error;			/* PASS: it comes short */
	unsigned from, count;		/* the first that fails, and how many */
	unsigned met[CALLS];
} plan;

int
judge(struct made *made)
{
	unsigned nth = ++plan.met[made->call];

	if (made->call != plan.call || nth < plan.from ||
	    nth - plan.from >= plan.count)
		return PASS;
	if (plan.error == PASS && made->size > 1)
		made->size--;
	return plan.error;
}

void
came_to(ssize_t n)
{
	(void)n;
}

static void
fail_calls(enum call call, int error, unsigned from, unsigned count)
{
	memset(&plan, 0, sizeof(plan));
	plan.call = call;
	plan.error = error;
	plan.from = from;
	plan.count = count;
	armed = true;
}

static void
make_fan(struct fan *fan, enum inlet_sort source, enum outlet_sort sink)
{
	static const enum outlet_sort others[] = { PIPE_OUT, UNIX_OUT };

	fan_inlet(fan, source, SIZE);
	fan_outlet(fan, sink, NULL);
	for (size_t i = 0; i < COUNT(others); i++)
		fan_outlet(fan, others[i], NULL);
	fan_follow(fan);
}

static bool
completes(struct fan *fan, struct zc_job *job)
{
	int error = fan_run(fan, job);

	armed = false;
	CHECK(error == 0);
	return fan_is_done(fan, job, SIZE);
}

/** True if nothing was copied in user space. */
static bool
copies_nothing(enum inlet_sort source, enum outlet_sort sink)
{
	struct zc_job *job;
	struct fan fan;

	make_fan(&fan, source, sink);
	job = new_job(&fan.request);
	fail_calls(CALLS, 0, 0, 0);
	CHECK(completes(&fan, job));
	CHECK(plan.met[TEE] > 0 && plan.met[PIPE2] == SINKS);
	for (size_t i = 0; i < SINKS; i++) {
		const struct zc_result *result = zc_job_sink(job, i);

		CHECK(result->use[ZC_SPLICE].bytes == (int64_t)SIZE);
		CHECK(result->use[ZC_READ_WRITE].bytes == 0);
	}
	zc_job_free(job);
	return true;
}

/** True if a tee(2) that fails is the last one: read-write takes over, and the
 * sink says why. */
static bool
gives_up_tee(enum inlet_sort source, int error, unsigned from)
{
	struct zc_job *job;
	struct fan fan;
	unsigned refused = 0;

	make_fan(&fan, source, FILE_OUT);
	job = new_job(&fan.request);
	fail_calls(TEE, error, from, 1);
	CHECK(completes(&fan, job));
	CHECK(plan.met[TEE] == from);
	for (size_t i = 0; i < SINKS; i++) {
		const struct zc_result *result = zc_job_sink(job, i);

		refused += result->use[ZC_SPLICE].refused == error;
		CHECK(result->use[ZC_READ_WRITE].bytes > 0);
	}
	CHECK(refused == 1);
	zc_job_free(job);
	return true;
}

static bool
gives_up(int error)
{
	for (unsigned i = 0; i < 3 * 3; i++) {
		CHECK(gives_up_tee((enum inlet_sort)(PIPE_IN + i % 3), error,
		    1 + i / 3));
		shut_all();
	}
	return true;
}

/** True if a tee(2) that comes short costs one round: splice goes on. */
static bool
survives_short(enum inlet_sort source, unsigned from, unsigned count)
{
	struct zc_job *job;
	struct fan fan;
	int64_t copied = 0;

	make_fan(&fan, source, FILE_OUT);
	fan.request.pipe_size = 65536;
	job = new_job(&fan.request);
	fail_calls(TEE, PASS, from, count);
	CHECK(completes(&fan, job));
	CHECK(plan.met[TEE] > from + count);
	for (size_t i = 0; i < SINKS; i++) {
		const struct zc_result *result = zc_job_sink(job, i);

		CHECK(result->use[ZC_SPLICE].refused == 0);
		CHECK(result->use[ZC_SPLICE].bytes > 0);
		copied += result->use[ZC_READ_WRITE].bytes;
	}
	CHECK(copied > 0 && copied <= SINKS * (int64_t)count * 65536);
	zc_job_free(job);
	return true;
}

static bool
survives(unsigned count)
{
	for (unsigned i = 0; i < 3 * 3; i++) {
		CHECK(survives_short((enum inlet_sort)(PIPE_IN + i % 3),
		    1 + i / 3, count));
		shut_all();
	}
	return true;
}

/* Readers that take a byte at a time */

/** Serve one byte to a sink that waits, and all that is there to others. */
static bool
serve_by_bytes(struct fan *fan, const struct zc_wait *waits, size_t slow)
{
	for (size_t w = 0; w < fan->count; w++) {
		size_t i = 0;

		if (waits[w].fd == fan->in.fd)
			CHECK(fan_feed(&fan->in, 3000));
		while (i < fan->count && fan->out[i].fd != waits[w].fd)
			i++;
		if (i < fan->count)
			CHECK(fan_drain(&fan->out[i], i == slow ? 1 : 3000));
	}
	return true;
}

static bool
serves_by_bytes(enum inlet_sort source, size_t slow)
{
	struct zc_wait waits[SINKS];
	struct zc_job *job;
	struct fan fan;
	unsigned agains = 0;

	fan_inlet(&fan, source, 20000);
	for (size_t i = 0; i < SINKS; i++)
		fan_outlet(&fan, PIPE_OUT, NULL);
	fan.request.pipe_size = 4096;
	fan_follow(&fan);
	job = new_job(&fan.request);
	while (zc_job_run(job, waits, SINKS) < 0) {
		CHECK(errno == EAGAIN);
		agains++;
		CHECK(serve_by_bytes(&fan, waits, slow));
	}
	/* The rest is in the slow one's pipe. */
	CHECK(agains > 20000 - 3 * 4096 - 3000);
	CHECK(fan_is_done(&fan, job, 20000));
	zc_job_free(job);
	return true;
}

static bool
serves_slow_ones(void)
{
	for (unsigned i = 0; i < INLETS * SINKS; i++) {
		if (!serves_by_bytes((enum inlet_sort)(i / SINKS),
		    i % SINKS)) {
			printf("# from %s, sink %u\n", inlet_names[i / SINKS],
			    i % SINKS);
			return false;
		}
		shut_all();
	}
	return true;
}

/* A user with too much memory in pipes */

/** Become a user who has no pipes yet: not one that another suite uses. */
static void
become_nobody(void)
{
	uid_t user = 60000 + (uid_t)getpid() % 5000;

	if (setresgid(user, user, user) < 0 || setresuid(user, user, user) < 0)
		give_up("setresuid");
}

static void
allow_descriptors(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/** Make pipes until new ones have two pages.  False: there is no limit. */
static bool
use_up_pipes(void)
{
	for (int i = 0; i < 5000; i++) {
		int fd[2];

		if (pipe(fd) < 0)
			return false;
		if (fcntl(fd[1], F_GETPIPE_SZ) < 65536)
			return true;
		(void)fcntl(fd[1], F_SETPIPE_SZ, 1 << 20);
	}
	return false;
}

enum { GOOD, BAD, NO_LIMIT };

/** In a child: use up the quota before the job begins, or once it has its first
 * pipe but not those for tee(2). */
static int
run_as_nobody(enum zc_method method, bool begun)
{
	struct zc_wait waits[SINKS];
	struct zc_job *job;
	struct fan fan;

	become_nobody();
	allow_descriptors();
	make_fan(&fan, PIPE_IN, FILE_OUT);
	fan.request.method = method;
	job = new_job(&fan.request);
	if (begun && (zc_job_run(job, waits, SINKS) == 0 || errno != EAGAIN))
		return BAD;
	if (!use_up_pipes())
		return NO_LIMIT;
	if (fan_run(&fan, job) != 0 || !fan_is_done(&fan, job, SIZE))
		return BAD;
	for (size_t i = 0; i < SINKS; i++)
		if (zc_job_sink(job, i)->use[method == ZC_AUTO ?
		    ZC_READ_WRITE : ZC_SPLICE].bytes < (int64_t)SIZE / 2)
			return BAD;
	zc_job_free(job);
	return GOOD;
}

static void
check_quota(enum zc_method method, bool begun)
{
	pid_t child;
	int status = 0;
	bool skips = geteuid() != 0;

	fflush(stdout);
	child = skips ? 0 : fork();
	if (child == 0 && !skips)
		_exit(run_as_nobody(method, begun));
	if (!skips && waitpid(child, &status, 0) != child)
		give_up("waitpid");
	skips |= WIFEXITED(status) && WEXITSTATUS(status) == NO_LIMIT;
	report(status == 0 || skips, "tee: by %s: too much memory in pipes, %s"
	    "%s", zc_method_name(method), begun ? "once it has begun" :
	    "from the start", skips ? " # SKIP not root, or no limit" : "");
}

int
main(void)
{
	static const int errors[] = { EINVAL, ENOSYS, EPERM, ENOMEM };

	begin();
	if (!has_method(ZC_SPLICE)) {
		report(true, "tee # SKIP needs splice(2)");
		finish();
		return 0;
	}
	srand(1);			/* the same waits in each run */
	for (int source = PIPE_IN; source < INLETS; source++)
		for (int sink = 0; sink < OUTLETS; sink++)
			if (sink != APPENDED_OUT)
				CASE(copies_nothing((enum inlet_sort)source,
				    (enum outlet_sort)sink),
				    "tee: from %s to %s and others: nothing is "
				    "copied", inlet_names[source],
				    outlet_names[sink]);
	for (size_t i = 0; i < COUNT(errors); i++)
		CASE(gives_up(errors[i]), "tee: after %s it is not called "
		    "again", strerror(errors[i]));
	CASE(survives(1), "tee: one that comes short costs a round");
	CASE(survives(5), "tee: five that come short cost five rounds");
	CASE(serves_slow_ones(),
	    "tee: a reader of single bytes beside fast ones");
	for (int begun = 0; begun < 2; begun++) {
		check_quota(ZC_AUTO, begun);
		check_quota(ZC_SPLICE, begun);
	}
	finish();
	return 0;
}
