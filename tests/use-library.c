/*
 * use-library: standard input to standard output, between two lines.
 *
 *	cc use-library.c $(pkg-config --cflags --libs zcopy)
 */
#include <zcopy.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char first[] = "--- begin ---\n", last[] = "--- end ---\n";

int
main(void)
{
	struct iovec header = { first, strlen(first) };
	struct iovec trailer = { last, strlen(last) };
	const struct zc_hdtr hdtr = { &header, 1, &trailer, 1 };
	struct zc_request request = ZC_REQUEST_INIT(STDIN_FILENO,
	    STDOUT_FILENO);
	struct zc_result result = ZC_RESULT_INIT;

	request.hdtr = &hdtr;
	if (zc_transfer(&request, &result) < 0)
		fprintf(stderr, "%s: %s\n",
		    result.side == ZC_SOURCE ? "input" : "output",
		    strerror(result.error));
	fprintf(stderr, "%" PRId64 " bytes", result.bytes);
	for (size_t i = 0; i < result.used_count; i++)
		fprintf(stderr, ", %s", zc_method_name(result.used[i]));
	fputc('\n', stderr);
	return result.outcome == ZC_DONE ? 0 : 1;
}
