/*
 * uncached IN OUT [OFFSET]
 *
 * Copy IN, from OFFSET on, to OUT with ZC_DONT_CACHE.  OUT is created or
 * truncated.  Exit with 0 if all was copied, by read-write only.
 */
#include "config.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../src/zcopy.h"

int
main(int argc, char **argv)
{
	struct zc_result result = ZC_RESULT_INIT;
	struct zc_request request;
	int in, out;

	if (argc != 3 && argc != 4)
		errx(2, "usage: uncached IN OUT [OFFSET]");
	in = open(argv[1], O_RDONLY);
	if (in < 0)
		err(2, "%s", argv[1]);
	out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (out < 0)
		err(2, "%s", argv[2]);
	request = (struct zc_request)ZC_REQUEST_INIT(in, out);
	request.offset = argc == 4 ? atoll(argv[3]) : ZC_CURRENT;
	request.flags = ZC_EXACT | ZC_DONT_CACHE;
	if (zc_transfer(&request, &result) < 0)
		err(1, "zc_transfer");
	return result.use[ZC_READ_WRITE].bytes == result.bytes ? 0 : 1;
}
