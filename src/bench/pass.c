#include "config.h"

#include "pass.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "../base/clock.h"
#include "../transfer/transfer.h"

static unsigned
suited(const struct transfer *transfer)
{
	int flags = fcntl(transfer->dest.fd, F_GETFL);
	const struct zc_ends ends = {
		.in = zc_kind_of(transfer->source.fd),
		.out = zc_kind_of(transfer->dest.fd),
		.size = -1,
		.append = flags & O_APPEND,
		.direct = flags & O_DIRECT,
	};
	struct zc_plan plan;
	unsigned set = 0;

	for (int m = ZC_AUTO + 1; m < ZC_METHODS; m++) {
		zc_plan(&plan, &ends, (enum zc_method)m, ZC_AUTO,
		    move_flags(transfer->source.options));
		if (plan.count > 0)
			set |= 1u << m;
	}
	return set;
}

/** TCP_CA_NAME_MAX is 16, with the '\0'; what is no TCP leaves it "". */
static void
ask_congestion(struct pass *pass, int fd)
{
	socklen_t length = sizeof(pass->congestion) - 1;

	(void)getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, pass->congestion,
	    &length);
}

/** Microseconds of CPU that this process has had. */
static double
cpu_time(void)
{
	struct rusage usage;
	struct timeval sum;

	getrusage(RUSAGE_SELF, &usage);
	timeradd(&usage.ru_utime, &usage.ru_stime, &sum);
	return (double)sum.tv_sec * 1e6 + (double)sum.tv_usec;
}

static int64_t
calls_of(const struct moved *moved)
{
	int64_t calls = moved->waits;

	for (int m = 0; m < ZC_METHODS; m++)
		calls += moved->result.use[m].calls;
	return calls;
}

static enum status
finish(struct transfer *transfer)
{
	if (transfer->dest.type->traits & ENDPOINT_REPLACES)
		return endpoint_commit(&transfer->source);
	return transfer_commit(transfer);
}

/** The rest of a transfer whose ends are ready. */
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

enum status
pass_run(struct pass *pass, const struct route *route, enum zc_method method)
{
	struct options options = route->options;
	struct transfer transfer;
	enum status status = route_prepare(route);

	*pass = (struct pass){ .used = ZC_AUTO };
	options.method = method;
	if (status == STATUS_OK)
		status = transfer_parse(&transfer, &options);
	if (status != STATUS_OK)
		return status;
	status = transfer_open(&transfer);
	if (status == STATUS_OK) {
		pass->suited = suited(&transfer);
		ask_congestion(pass, transfer.dest.fd);
		status = measure(pass, &transfer);
	}
	transfer_close(&transfer);
	return status;
}
