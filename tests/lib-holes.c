#include "config.h"

#include "lib-holes.h"

#include <sys/stat.h>

unsigned char image[UNITS_MAX * UNIT];
unsigned char got[UNITS_MAX * UNIT];
size_t got_size;
void (*after_write)(void);

int
sparse_file(const char *layout)
{
	int fd = keep(memfd_create("sparse", 0));
	size_t units = strlen(layout);

	memset(image, 0, units * UNIT);
	if (ftruncate(fd, (off_t)(units * UNIT)) < 0)
		give_up("ftruncate");
	for (size_t i = 0; i < units; i++) {
		if (layout[i] == '.')
			continue;
		memcpy(image + i * UNIT, content + i * UNIT, UNIT);
		if (pwrite(fd, content + i * UNIT, UNIT, (off_t)(i * UNIT)) !=
		    (ssize_t)UNIT)
			give_up("pwrite");
	}
	return fd;
}

size_t
blocks(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		give_up("fstat");
	return (size_t)st.st_blocks * 512;
}

size_t
data_of(const char *layout)
{
	size_t data = 0;

	for (; *layout != '\0'; layout++)
		data += *layout == 'D' ? UNIT : 0;
	return data;
}

const char *const layouts[9] = {
	".D", "D.", "D.D", ".", "....D....", ".D.D.D.D.D.D.D.D", "D..D..",
	"DDDD....DDDD....", "D.D.D.D.D.D.D.D.D.D.D.D.D.D.D.D.D.D.D.D.",
};

static ssize_t
trickle_readv(void *arg, const struct iovec *view, int count,
    struct zc_wait *wait)
{
	struct trickle *trickle = arg;
	size_t size = MIN(trickle->size - trickle->at, trickle->most);

	(void)count;
	(void)wait;
	size = MIN(size, view[0].iov_len);
	memcpy(view[0].iov_base, trickle->data + trickle->at, size);
	trickle->at += size;
	return (ssize_t)size;
}

struct zc_io
trickle_io(struct trickle *trickle)
{
	struct zc_io io = ZC_IO_INIT;

	io.arg = trickle;
	io.readv = trickle_readv;
	return io;
}

static ssize_t
collect(void *arg, const struct iovec *view, int count, bool more,
    struct zc_wait *wait)
{
	size_t before = got_size;

	(void)arg;
	(void)more;
	(void)wait;
	for (int i = 0; i < count; i++) {
		memcpy(got + got_size, view[i].iov_base, view[i].iov_len);
		got_size += view[i].iov_len;
	}
	if (after_write != NULL)
		after_write();
	return (ssize_t)(got_size - before);
}

struct zc_io
collector(void)
{
	struct zc_io io = ZC_IO_INIT;

	io.writev = collect;
	got_size = 0;
	after_write = NULL;
	return io;
}
