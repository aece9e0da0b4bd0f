/*
 * Descriptors that go away with their case, and lines of TAP.
 */
#include "config.h"

#include "lib-job.h"

unsigned char content[1800 * 1000 + 321];
static unsigned reported;
int opened[600];
size_t opened_count;
enum zc_method in_place[6];
size_t in_place_count;

_Noreturn void
give_up(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

void
report(bool ok, const char *format, ...)
{
	va_list args;

	printf("%s %u - job: ", ok ? "ok" : "not ok", ++reported);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

int
keep(int fd)
{
	if (fd < 0 || opened_count == COUNT(opened))
		give_up("open");
	opened[opened_count++] = fd;
	return fd;
}

void
shut(int fd)
{
	size_t i = 0;

	while (opened[i] != fd)
		i++;
	opened[i] = opened[--opened_count];
	close(fd);
}

void
shut_all(void)
{
	while (opened_count > 0)
		close(opened[--opened_count]);
}

int
count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (dir == NULL)
		give_up("/proc/self/fd");
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

bool
has_method(enum zc_method method)
{
	return zc_method_available(method) == 0;
}

static void
find_methods(void)
{
	static const enum zc_method all[COUNT(in_place)] = { ZC_AUTO,
		ZC_COPY_FILE_RANGE, ZC_SENDFILE, ZC_SPLICE, ZC_MMAP,
		ZC_READ_WRITE };

	for (size_t i = 0; i < COUNT(all); i++)
		if (has_method(all[i]))
			in_place[in_place_count++] = all[i];
}

void
begin(void)
{
	find_methods();
	for (size_t i = 0; i < sizeof(content); i += 256)
		if (getrandom(content + i, sizeof(content) - i < 256 ?
		    sizeof(content) - i : 256, 0) < 0)
			give_up("getrandom");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	alarm(600);		/* valgrind takes minutes */
}

void
finish(void)
{
	printf("1..%u\n", reported);
}

int
file_of(const void *data, size_t size)
{
	int fd = keep(memfd_create("file", 0));

	if (write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET))
		give_up("write");
	return fd;
}

int
another_of(int fd, int flags)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return keep(open(path, flags));
}

FILE *
stream_of(int fd, const char *mode)
{
	int own = dup(fd);
	FILE *stream = own < 0 ? NULL : fdopen(own, mode);

	if (stream == NULL)
		give_up("fdopen");
	return stream;
}

int64_t
at(int fd)
{
	return lseek(fd, 0, SEEK_CUR);
}

int64_t
size_of(int fd)
{
	int64_t here = at(fd), end = lseek(fd, 0, SEEK_END);

	lseek(fd, here, SEEK_SET);
	return end;
}

bool
holds(int fd, int64_t from, const unsigned char *data, size_t size)
{
	static unsigned char there[65536];

	while (size > 0) {
		size_t some = size < sizeof(there) ? size : sizeof(there);

		if (pread(fd, there, some, from) != (ssize_t)some ||
		    memcmp(there, data, some) != 0)
			return false;
		from += (int64_t)some;
		data += some;
		size -= some;
	}
	return true;
}

bool
is_content(int fd, size_t size)
{
	return size_of(fd) == (int64_t)size && holds(fd, 0, content, size);
}

struct zc_request
request_for(int in, int out, enum zc_method method)
{
	struct zc_request request = ZC_REQUEST_INIT(in, out);

	request.method = method;
	request.block_size = BLOCK;
	return request;
}

struct zc_job *
new_job(const struct zc_request *request)
{
	struct zc_job *job = zc_job_new(request);

	if (job == NULL)
		give_up("zc_job_new");
	return job;
}

int
run(const struct zc_request *request, struct zc_result *result)
{
	struct zc_job *job = new_job(request);
	int error = zc_job_run(job, NULL, 0) == 0 ? 0 : errno;

	*result = *zc_job_result(job);
	zc_job_free(job);
	return error;
}
