/*
 * A random transfer: its two ends, and what is asked of it.
 */
#include "config.h"

#include "lib-task.h"

struct flow flow;
bool in_blocks, out_blocks;
static bool on_disk;		/* both files are */
unsigned char image[2 << 20];
int64_t image_size;
struct task task;

/* The ends */

/** Replace the file *fd by one on a disk with the first `size` bytes of
 * content, because reading a file in memory never blocks. */
static void
put_on_disk(int *fd, size_t size)
{
	FILE *file = tmpfile();

	if (file == NULL)
		give_up("tmpfile");
	shut(*fd);
	*fd = keep(fcntl(fileno(file), F_DUPFD_CLOEXEC, 0));
	fclose(file);
	if (write(*fd, content, size) != (ssize_t)size)
		give_up("write");
}

static void
make_source(void)
{
	in_blocks = flow.source != FILE_END && one_in(2);
	if (in_blocks)
		fcntl(flow.in, F_SETFL, 0);
	on_disk = false;
	if (flow.source != FILE_END)
		return;
	on_disk = one_in(3);
	if (on_disk)
		put_on_disk(&flow.in, flow.size);
	lseek(flow.in, (off_t)(one_in(2) ? pick(flow.size + 2) : 0), SEEK_SET);
}

static void
make_sink(void)
{
	const int roomy = 400 * 1000;

	out_blocks = flow.sink != FILE_END && one_in(2);
	if (out_blocks) {
		fcntl(flow.out, F_SETFL, 0);
		fcntl(flow.out, F_SETPIPE_SZ, 65536);
		setsockopt(flow.out, SOL_SOCKET, SO_SNDBUF, &roomy,
		    sizeof(roomy));
	}
	if (flow.sink == TCP_END)
		set_tcp_option(flow.out, TCP_NODELAY, 1);
	memset(image, 0, sizeof(image));
	image_size = 0;
	if (flow.sink != FILE_END)
		return;
	/* copy_file_range fails with EXDEV between two file systems. */
	if (on_disk)
		put_on_disk(&flow.out, 0);
	image_size = (int64_t)pick_size(20000);
	memcpy(image, content + 500000, (size_t)image_size);
	if (write(flow.out, image, (size_t)image_size) != image_size)
		give_up("write");
	lseek(flow.out, (off_t)pick((size_t)image_size + 500), SEEK_SET);
}

void
make_ends(void)
{
	static const enum sort sources[] = { FILE_END, FILE_END, PIPE_END,
		SOCKET_END };
	static const enum sort sinks[] = { FILE_END, PIPE_END, SOCKET_END,
		FILE_END, PIPE_END, SOCKET_END, TCP_END };
	enum sort source = sources[pick(COUNT(sources))];
	enum sort sink = sinks[pick(COUNT(sinks))];

	flow = new_flow_of(source, sink, pick_size(200000));
	make_source();
	make_sink();
	flow.in_flags = fcntl(flow.in, F_GETFL);
	flow.out_flags = fcntl(flow.out, F_GETFL);
}

/* The request */

static int
make_pieces(struct iovec *piece)
{
	int count = (int)pick(one_in(10) ? 80 : 5);

	for (int i = 0; i < count; i++)
		piece[i] = one_in(4) ? (struct iovec){ .iov_base = NULL } :
		    piece_of(count > 5 ? pick(4) : pick_size(10000));
	return count;
}

bool
is_planned(void)
{
	static const enum zc_kind kinds[] = { ZC_REGULAR, ZC_PIPE, ZC_SOCKET,
		ZC_SOCKET };
	const struct zc_ends these = { .size = sizeof(these),
		.in = kinds[flow.source],
		.out = kinds[flow.sink],
		.placed = task.request.out_offset != ZC_CURRENT };
	struct zc_plan plan = ZC_PLAN_INIT;

	zc_plan(&plan, &these, task.request.method, ZC_AUTO,
	    task.request.flags);
	return plan.count > 0;
}

/** Name a method.  Prefer one that the policy can use; a few that it cannot
 * are enough. */
static void
pick_method(struct zc_request *request)
{
	for (int i = 0; i < 4; i++) {
		request->method = (enum zc_method)pick(ZC_REFLINK);
		if (is_planned())
			return;
	}
}

static void
make_request(void)
{
	static const size_t blocks[] = { 0, 0, 1000, 4096, 65536 };
	struct zc_request *request = &task.request;

	*request = (struct zc_request)ZC_REQUEST_INIT(flow.in, flow.out);
	if (flow.source == FILE_END && one_in(2))
		request->offset = (int64_t)pick(flow.size + 2);
	if (flow.sink == FILE_END && one_in(2))
		request->out_offset = (int64_t)pick((size_t)image_size + 700);
	if (!one_in(3))
		request->bytes = (int64_t)(one_in(10) ? 0 :
		    pick(flow.size + flow.size / 4 + 2));
	request->flags = one_in(2) ? ZC_EXACT : 0;
	request->flags |= one_in(4) ? ZC_STABLE : 0;
	request->flags |= one_in(3) ? ZC_NODISKIO : 0;
	if (one_in(4)) {
		request->flags |= ZC_LOOK;
		request->look = on_look;
	}
	request->block_size = one_in(6) ? 30 + pick(500) :
	    blocks[pick(COUNT(blocks))];
	request->pipe_size = one_in(2) ? 4096 : 0;
	if (one_in(2))
		pick_method(request);
}

static void
make_hdtr(void)
{
	text_used = 0;
	task.hdtr.headers = task.head;
	task.hdtr.hdr_cnt = make_pieces(task.head);
	task.hdtr.trailers = task.tail;
	task.hdtr.trl_cnt = make_pieces(task.tail);
	if (!one_in(3))
		task.request.hdtr = &task.hdtr;
}

void
make_task(void)
{
	static const size_t rarities[] = { 0, 3, 10, 40 };

	/* One statement for each, because C does not define the order in which
	 * an initialiser list is evaluated. */
	memset(&task, 0, sizeof(task));
	task.by_transfer = one_in(3);
	task.deadly = one_in(2);
	task.rarity = rarities[pick(4)];
	make_request();
	make_hdtr();
	task.request.wait = one_in(3) ? on_wait : NULL;
	task.request.event = on_event;
	task.stop_at = one_in(8) ? 1 + (unsigned)pick(12) : 0;
	task.abandon_at = one_in(8) ? 1 + (unsigned)pick(8) : 0;
	if (one_in(2))
		return;
	task.request.select = on_select;
	task.preferred = one_in(10) ? -1 : (int)pick(ZC_REFLINK);
}
