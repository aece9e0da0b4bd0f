#include "config.h"

#include "pass.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "../base/clock.h"
#include "../endpoint/flush.h"
#include "../transfer/transfer.h"

/** Return the methods that policy allows for these ends, as bits. */
static unsigned
suited(const struct transfer *transfer)
{
	const struct zc_request request = ZC_REQUEST_INIT(
	    transfer->ends.source.fd, transfer->ends.dest->end.fd);
	struct zc_ends ends = ZC_ENDS_INIT;
	struct zc_plan plan = ZC_PLAN_INIT;
	unsigned set = 0;

	if (zc_ends_of(&ends, &request) < 0)
		return 0;
	for (int m = ZC_AUTO + 1; m < ZC_METHODS; m++) {
		zc_plan(&plan, &ends, (enum zc_method)m, ZC_AUTO,
		    move_flags(transfer->ends.source.options));
		if (plan.count > 0)
			set |= 1u << m;
	}
	return set;
}

/** Return the CPU time of this process, in microseconds. */
static double
cpu_time(void)
{
	struct rusage usage;
	struct timeval sum;

	getrusage(RUSAGE_SELF, &usage);
	timeradd(&usage.ru_utime, &usage.ru_stime, &sum);
	return (double)sum.tv_sec * 1e6 + (double)sum.tv_usec;
}

/** Return the number of system calls: those of the methods, and poll(2). */
static int64_t
calls_of(const struct moved *moved)
{
	int64_t calls = moved->waits;

	for (int m = 0; m < ZC_METHODS; m++)
		calls += moved->result.use[m].calls;
	return calls;
}

/** Commit, except that a file to be replaced is left as it is: the new one is
 * only flushed, with --sync. */
static enum status
finish(struct transfer *transfer)
{
	struct endpoint *dest = &transfer->ends.dest->end;
	enum status status;

	if (!endpoint_has(dest, ENDPOINT_REPLACES))
		return transfer_commit(transfer);
	status = flush_file(dest);
	return status == STATUS_OK ?
	    endpoint_commit(&transfer->ends.source) : status;
}

/** Move and confirm the data, and take the sample. */
static enum status
measure(struct pass *pass, struct transfer *transfer)
{
	const double before = cpu_time();
	const double GiB = 1024.0 * 1024 * 1024;
	int64_t began;
	struct moved moved;
	double bytes, seconds;
	enum status status;

	began = clock_now();
	status = transfer_move(transfer, &moved);
	if (status == STATUS_OK)
		status = finish(transfer);
	seconds = clock_seconds_since(began);
	/* The kernel refuses the method: a result, and no error. */
	if (moved.result.outcome == ZC_UNSUITED) {
		pass->refused = moved.result.error;
		return STATUS_OK;
	}
	pass->bytes = moved.result.bytes;
	if (status != STATUS_OK || pass->bytes == 0)
		return status;
	bytes = (double)pass->bytes;
	pass->used = moved.result.used[moved.result.used_count - 1];
	pass->sample = (struct sample){
		.bytes_per_second = seconds > 0 ? bytes / seconds : 0,
		.cpu = (cpu_time() - before) * (double)CPU_BYTES / bytes,
		.calls = (double)calls_of(&moved) * GiB / bytes,
	};
	return STATUS_OK;
}

static enum status
open_and_measure(struct pass *pass, struct transfer *transfer)
{
	socklen_t length = sizeof(pass->congestion) - 1;
	enum status status = transfer_open(transfer);

	if (status == STATUS_OK)
		status = transfer_ready(transfer);
	if (status != STATUS_OK)
		return status;
	pass->suited = suited(transfer);
	/* If DEST is no TCP socket, this fails and leaves "". */
	(void)getsockopt(transfer->ends.dest->end.fd, IPPROTO_TCP,
	    TCP_CONGESTION, pass->congestion, &length);
	return measure(pass, transfer);
}

enum status
pass_run(struct pass *pass, const struct route *route, enum zc_method method)
{
	struct options options = route->options;
	struct transfer transfer;
	enum status status = route_prepare(route);

	*pass = (struct pass){ .used = ZC_AUTO };
	if (status != STATUS_OK)
		return status;
	options.method = method;
	status = transfer_parse(&transfer, &options);
	if (status != STATUS_OK)
		return status;
	status = open_and_measure(pass, &transfer);
	transfer_close(&transfer);
	return status;
}
