// use-library OFFSET BYTES: that part of standard input to standard output.
// It is an error if there is less.
//
//	c++ use-library.cc $(pkg-config --cflags --libs zcopy)
#include <zcopy.h>

#include <cerrno>
#include <iostream>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <system_error>

using Job = std::unique_ptr<zc_job, decltype(&zc_job_free)>;

static std::system_error failure(int error, const std::string &what)
{
	return {error, std::generic_category(), what};
}

static void run(zc_job *job)
{
	zc_wait wait;

	while (zc_job_run(job, &wait, 1) < 0) {
		if (errno != EAGAIN)
			throw failure(errno, "after " + std::to_string(
			    zc_job_result(job)->bytes) + " bytes");
		pollfd ready = {wait.fd, wait.events, 0};
		poll(&ready, 1, -1);
	}
}

int main(int argc, char **argv)
try {
	zc_request request = ZC_REQUEST_INIT(0, 1);

	if (argc != 3)
		throw std::invalid_argument("usage: use-library OFFSET BYTES");
	request.offset = std::stoll(argv[1]);
	request.bytes = std::stoll(argv[2]);
	request.flags = ZC_EXACT;
	Job job(zc_job_new(&request), zc_job_free);
	if (!job)
		throw failure(errno, "zc_job_new");
	run(job.get());
} catch (const std::exception &e) {
	std::cerr << e.what() << '\n';
	return 1;
}
