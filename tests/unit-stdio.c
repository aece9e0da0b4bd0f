/*
 * zc_transfer_stdio(): data in the buffers of two streams is moved, too, and
 * both streams continue where the transfer ended.
 */
#include "config.h"

#include "lib-flow.h"

#define DATA	((size_t)150 * 1000 + 1)

/** Make streams of the ends of a flow, which then belong to the streams. */
struct streams {
	struct flow flow;
	FILE *in, *out;
	struct zc_result result;
};

/** Feed everything, and end the source unless `held`. */
static bool
fill_source(struct flow *flow, bool held)
{
	if (flow->source == FILE_END)
		return true;
	if (flow->source == PIPE_END)
		fcntl(flow->feed, F_SETPIPE_SZ, 1 << 20);
	while ((size_t)flow->fed < flow->size)
		CHECK(feed(flow, flow->size));
	return held || feed(flow, 1);
}

/** Make both ends block, with room for everything. */
static bool
open_both(struct streams *streams, enum sort source, enum sort sink,
    const char *in_mode, const char *out_mode)
{
	struct flow *flow = &streams->flow;
	int room = 1 << 20;

	*streams = (struct streams){ .result = ZC_RESULT_INIT };
	*flow = new_flow_of(source, sink, DATA);
	fcntl(flow->in, F_SETFL, 0);
	fcntl(flow->out, F_SETFL, 0);
	if (flow->feed >= 0)
		setsockopt(flow->feed, SOL_SOCKET, SO_SNDBUF, &room,
		    sizeof(room));
	if (sink == PIPE_END)
		fcntl(flow->out, F_SETPIPE_SZ, 1 << 20);
	if (sink == SOCKET_END)
		setsockopt(flow->out, SOL_SOCKET, SO_SNDBUF, &room,
		    sizeof(room));
	streams->in = stream_of(flow->in, in_mode);
	streams->out = stream_of(flow->out, out_mode);
	return fill_source(flow, false);
}

static bool
close_both(struct streams *streams)
{
	fclose(streams->in);
	return fclose(streams->out) == 0;
}

static int
transfer(struct streams *streams, const struct zc_request *request)
{
	return zc_transfer_stdio(streams->in, streams->out, request,
	    &streams->result) == 0 ? 0 : errno;
}

/** True if the sink has got exactly this. */
static bool
has_got(struct streams *streams, const void *data, size_t size)
{
	streams->flow.expected = data;
	streams->flow.expected_size = size;
	CHECK(close_both(streams));
	return is_complete(&streams->flow);
}

/** True if the stream has these bytes of content next, and then ends. */
static bool
goes_on_at(FILE *in, size_t from)
{
	static unsigned char rest[DATA + 1];
	size_t size = fread(rest, 1, sizeof(rest), in);

	CHECK(size == DATA - from && memcmp(rest, content + from, size) == 0);
	return feof(in) && !ferror(in);
}

/* What was read from the stream before */

enum before {
	UNREAD, ONE_BYTE, PUT_BACK, PUT_BACK_TWICE, SOME, SOUGHT, SOUGHT_BACK,
	ENDED, BEFORES
};

static const char *const before_names[BEFORES] = {
	"unread", "after getc", "after ungetc", "after two of ungetc",
	"after fread", "after fseek", "after fread and fseek", "at its end"
};

/** Do that.  Return the position of the stream then, or -1. */
static long
read_before(FILE *in, enum before before)
{
	static unsigned char some[DATA];

	switch (before) {
	case ONE_BYTE:
		return getc(in) == content[0] ? 1 : -1;
	case PUT_BACK:
		return ungetc(getc(in), in) == content[0] ? 0 : -1;
	case PUT_BACK_TWICE:
		if (fread(some, 1, 2, in) != 2)
			return -1;
		/* C guarantees one; the library may allow more. */
		if (ungetc(some[1], in) == EOF)
			return -1;
		return ungetc(some[0], in) == EOF ? 1 : 0;
	case SOME:
		return fread(some, 1, 5000, in) == 5000 ? 5000 : -1;
	case SOUGHT:
		return fseek(in, 7001, SEEK_SET) == 0 ? 7001 : -1;
	case SOUGHT_BACK:
		if (fread(some, 1, 9000, in) != 9000)
			return -1;
		return fseek(in, -4000, SEEK_CUR) == 0 ? 5000 : -1;
	case ENDED:
		if (fread(some, 1, DATA, in) != DATA || getc(in) != EOF)
			return -1;
		return (long)DATA;
	default:
		return 0;
	}
}

static bool
may_seek(enum sort source, enum before before)
{
	return source == FILE_END ||
	    (before != SOUGHT && before != SOUGHT_BACK);
}

static const struct buffering {
	const char *name;
	int mode;
	size_t size;
} bufferings[] = {
	{ "as it comes", -1, 0 },
	{ "unbuffered", _IONBF, 0 },
	{ "with 10 bytes", _IOFBF, 10 },
	{ "with 64 KiB", _IOFBF, 65536 },
	{ "with 1 MiB", _IOFBF, 1 << 20 },
};

static void
set_buffer(FILE *stream, const struct buffering *buffering)
{
	if (buffering->mode >= 0)
		setvbuf(stream, NULL, buffering->mode, buffering->size);
}

/** Everything from the stream's position arrives, after what was written. */
static bool
begins_where_it_stands(enum sort source, enum sort sink, enum before before,
    const struct buffering *buffering)
{
	static unsigned char all[DATA + 5];
	struct streams streams;
	long from;

	CHECK(open_both(&streams, source, sink, "r", "w"));
	set_buffer(streams.in, buffering);
	set_buffer(streams.out, buffering);
	from = read_before(streams.in, before);
	CHECK(from >= 0 && fputs("first", streams.out) >= 0);
	CHECK(transfer(&streams, NULL) == 0);
	CHECK(streams.result.outcome == ZC_DONE);
	CHECK(streams.result.bytes == (int64_t)DATA - from);
	CHECK(source != FILE_END || ftell(streams.in) == (long)DATA);
	CHECK(goes_on_at(streams.in, DATA));
	memcpy(all, "first", 5);
	memcpy(all + 5, content + from, DATA - (size_t)from);
	return has_got(&streams, all, DATA + 5 - (size_t)from);
}

/** With a count, the rest stays in the stream, buffered or not. */
static bool
stops_at_the_count(enum sort source, enum sort sink, enum before before,
    int64_t bytes)
{
	static unsigned char all[DATA + 4];
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct streams streams;
	size_t from;

	CHECK(open_both(&streams, source, sink, "r", "w"));
	from = (size_t)read_before(streams.in, before);
	request.bytes = bytes;
	CHECK(fputs("1st", streams.out) >= 0);
	CHECK(transfer(&streams, &request) == 0);
	CHECK(streams.result.bytes == bytes);
	CHECK(fputc('z', streams.out) == 'z');
	memcpy(all, "1st", 3);
	memcpy(all + 3, content + from, (size_t)bytes);
	all[3 + bytes] = 'z';
	CHECK(goes_on_at(streams.in, from + (size_t)bytes));
	return has_got(&streams, all, (size_t)bytes + 4);
}

/** A char from ungetc(3) is moved first.  In a file that can seek it only moves
 * the position back, as for fseek(3). */
static bool
begins_with_another_char(enum sort source, bool first)
{
	static unsigned char all[DATA];
	struct streams streams;
	unsigned char other = content[0] ^ 1;
	int64_t bytes = (int64_t)DATA;

	CHECK(open_both(&streams, source, FILE_END, "r", "w"));
	CHECK(getc(streams.in) == content[0]);
	CHECK(first || getc(streams.in) == content[1]);
	CHECK(ungetc(other, streams.in) == other);
	if (!first)
		bytes--;
	CHECK(transfer(&streams, NULL) == 0);
	CHECK(streams.result.bytes == bytes);
	all[0] = source == FILE_END ? content[!first] : other;
	memcpy(all + 1, content + (first ? 1 : 2), (size_t)bytes - 1);
	return has_got(&streams, all, (size_t)bytes);
}

/* Offsets */

static bool
has_offsets(int64_t offset, int64_t out_offset, int64_t bytes)
{
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct streams streams;
	size_t moved = bytes == ZC_TO_END ? DATA - (size_t)offset :
	    (size_t)bytes;

	CHECK(open_both(&streams, FILE_END, FILE_END, "r", "w+"));
	CHECK(fread((char[100]){ 0 }, 1, 100, streams.in) == 100);
	CHECK(fputs("0123456789", streams.out) >= 0);
	request.offset = offset;
	request.out_offset = out_offset;
	request.bytes = bytes;
	CHECK(transfer(&streams, &request) == 0);
	CHECK(streams.result.bytes == (int64_t)moved);
	CHECK(ftell(streams.in) == 100 && ftell(streams.out) == 10);
	CHECK(holds(streams.flow.out, out_offset, content + offset, moved));
	CHECK(fputs("ab", streams.out) >= 0 && fflush(streams.out) == 0);
	CHECK(holds(streams.flow.out, 0,
	    (const unsigned char *)"0123456789ab", 12));
	CHECK(goes_on_at(streams.in, 100));
	return close_both(&streams);
}

static bool
refuses_an_offset(enum sort source)
{
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct streams streams;

	CHECK(open_both(&streams, source, FILE_END, "r", "w"));
	CHECK(getc(streams.in) == content[0]);
	request.offset = 5;
	CHECK(transfer(&streams, &request) == ESPIPE);
	CHECK(streams.result.outcome == ZC_INVALID);
	CHECK(streams.result.error == ESPIPE);
	CHECK(goes_on_at(streams.in, 1));
	return has_got(&streams, "", 0);
}

/* Streams of both directions */

/** One stream that reads and writes a file, as source or as sink. */
static bool
goes_on_in_both_directions(void)
{
	static unsigned char all[DATA + 20];
	struct streams streams;

	CHECK(open_both(&streams, FILE_END, FILE_END, "r+", "w+"));
	CHECK(fread(all, 1, 50, streams.in) == 50);
	CHECK(fseek(streams.in, 0, SEEK_CUR) == 0);
	CHECK(fputs("new", streams.in) >= 0);
	CHECK(fputs("head", streams.out) >= 0);
	CHECK(transfer(&streams, NULL) == 0);
	CHECK(streams.result.bytes == (int64_t)DATA - 53);
	CHECK(fputs("tail", streams.in) >= 0 && fflush(streams.in) == 0);
	CHECK(holds(streams.flow.in, 50, (const unsigned char *)"new", 3));
	CHECK(holds(streams.flow.in, DATA, (const unsigned char *)"tail", 4));
	CHECK(ftell(streams.out) == (long)DATA - 49);
	CHECK(fputs("end", streams.out) >= 0);
	rewind(streams.out);
	memcpy(all, "head", 4);
	memcpy(all + 4, content + 53, DATA - 53);
	memcpy(all + DATA - 49, "end", 3);
	CHECK(getc(streams.out) == 'h' && getc(streams.out) == 'e');
	return has_got(&streams, all, DATA - 46);
}

/** A sink that was read before is written at the position of the stream, which
 * is not that of its descriptor. */
static bool
writes_where_it_was_read(void)
{
	const unsigned char *other = content + 500 * 1000;
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct streams streams;
	FILE *out;

	CHECK(open_both(&streams, FILE_END, FILE_END, "r", "r+"));
	CHECK(write(streams.flow.out, other, 9000) == 9000);
	out = streams.out;
	rewind(out);
	CHECK(fread((char[10]){ 0 }, 1, 10, out) == 10);
	request.bytes = 1000;
	CHECK(transfer(&streams, &request) == 0);
	CHECK(ftell(out) == 1010 && getc(out) == other[1010]);
	CHECK(fseek(out, 0, SEEK_CUR) == 0 && fputs("end", out) >= 0);
	CHECK(close_both(&streams) && size_of(streams.flow.out) == 9000);
	CHECK(holds(streams.flow.out, 0, other, 10));
	CHECK(holds(streams.flow.out, 10, content, 1000));
	CHECK(holds(streams.flow.out, 1010, other + 1010, 1));
	CHECK(holds(streams.flow.out, 1011, (const unsigned char *)"end", 3));
	return holds(streams.flow.out, 1014, other + 1014, 9000 - 1014);
}

/** A sink whose stream knows its position, from fseek(3). */
static bool
follows_after_a_seek(long to)
{
	const unsigned char *other = content + 500 * 1000;
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct streams streams;
	FILE *out;

	CHECK(open_both(&streams, FILE_END, FILE_END, "r", "w+"));
	out = streams.out;
	CHECK(fwrite(other, 1, 9000, out) == 9000 && ftell(out) == 9000);
	CHECK(fseek(out, to, SEEK_SET) == 0 && ftell(out) == to);
	request.bytes = 1000;
	CHECK(transfer(&streams, &request) == 0);
	CHECK(ftell(out) == to + 1000);
	CHECK(fseek(out, 100, SEEK_CUR) == 0 && fputs("end", out) >= 0);
	CHECK(ftell(out) == to + 1103 && close_both(&streams));
	CHECK(holds(streams.flow.out, 0, other, (size_t)to));
	CHECK(holds(streams.flow.out, to, content, 1000));
	CHECK(holds(streams.flow.out, to + 1000, other + to + 1000, 100));
	CHECK(holds(streams.flow.out, to + 1100,
	    (const unsigned char *)"end", 3));
	return size_of(streams.flow.out) == 9000;
}

static bool
appends(const char *mode)
{
	static unsigned char all[DATA + 20];
	struct streams streams;

	CHECK(open_both(&streams, FILE_END, FILE_END, "r", mode));
	CHECK(write(streams.flow.out, "there", 5) == 5);
	CHECK(fputs("head", streams.out) >= 0);
	CHECK(transfer(&streams, NULL) == 0);
	CHECK(streams.result.bytes == (int64_t)DATA);
	CHECK(ftell(streams.out) == (long)DATA + 9);
	CHECK(fputs("tail", streams.out) >= 0);
	memcpy(all, "therehead", 9);
	memcpy(all + 9, content, DATA);
	memcpy(all + 9 + DATA, "tail", 4);
	return has_got(&streams, all, DATA + 13);
}

/** Several transfers, with reads and writes between them. */
static bool
goes_by_turns(enum sort source, enum sort sink)
{
	static unsigned char all[DATA + 1000];
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct streams streams;
	size_t done = 0, put = 0;
	int c;

	CHECK(open_both(&streams, source, sink, "r", "w"));
	while ((c = getc(streams.in)) != EOF) {
		all[put++] = (unsigned char)(c ^ 255);
		CHECK(putc(c ^ 255, streams.out) != EOF && c == content[done]);
		done++;
		request.bytes = rand() % 20000;
		CHECK(transfer(&streams, &request) == 0);
		memcpy(all + put, content + done,
		    (size_t)streams.result.bytes);
		put += (size_t)streams.result.bytes;
		done += (size_t)streams.result.bytes;
	}
	CHECK(done == DATA);
	return has_got(&streams, all, put);
}

/* Other requests */

/** A header comes before what the buffer holds. */
static bool
is_wrapped(enum sort source, enum sort sink)
{
	static unsigned char all[DATA + 20];
	char head[] = "header", tail[] = "trailer";
	struct iovec header = { head, 6 }, trailer = { tail, 7 };
	const struct zc_hdtr hdtr = { &header, 1, &trailer, 1 };
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct streams streams;

	CHECK(open_both(&streams, source, sink, "r", "w"));
	CHECK(getc(streams.in) == content[0] && putc('1', streams.out) == '1');
	request.hdtr = &hdtr;
	CHECK(transfer(&streams, &request) == 0);
	CHECK(streams.result.header_bytes == 6);
	CHECK(streams.result.trailer_bytes == 7);
	CHECK(streams.result.bytes == (int64_t)DATA - 1);
	memcpy(all, "1header", 7);
	memcpy(all + 7, content + 1, DATA - 1);
	memcpy(all + DATA + 6, "trailer", 7);
	return has_got(&streams, all, DATA + 13);
}

static bool
obeys_a_method(enum sort source, enum zc_method method)
{
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct streams streams;
	bool found = false;

	CHECK(open_both(&streams, source, FILE_END, "r", "w"));
	CHECK(ungetc(getc(streams.in), streams.in) == content[0]);
	request.method = method;
	CHECK(transfer(&streams, &request) == 0);
	CHECK(streams.result.bytes == (int64_t)DATA);
	for (size_t i = 0; i < streams.result.used_count; i++)
		found |= streams.result.used[i] == method;
	CHECK(found);
	return has_got(&streams, content, DATA);
}

static bool
takes_the_largest_count(enum sort source)
{
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct streams streams;

	CHECK(open_both(&streams, source, FILE_END, "r", "w"));
	CHECK(getc(streams.in) == content[0]);
	request.bytes = INT64_MAX;
	CHECK(transfer(&streams, &request) == 0);
	CHECK(streams.result.bytes == (int64_t)DATA - 1);
	return has_got(&streams, content + 1, DATA - 1);
}

static bool
is_short(enum sort source)
{
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct streams streams;

	CHECK(open_both(&streams, source, FILE_END, "r", "w"));
	CHECK(getc(streams.in) == content[0]);
	request.bytes = (int64_t)DATA;
	request.flags = ZC_EXACT;
	CHECK(transfer(&streams, &request) == ENODATA);
	CHECK(streams.result.outcome == ZC_SHORT);
	CHECK(streams.result.bytes == (int64_t)DATA - 1);
	return has_got(&streams, content + 1, DATA - 1);
}

/* Failures */

static bool
refuses_another_version(size_t size, int64_t more)
{
	struct {
		struct zc_request request;
		int64_t more;		/* what this library does not know */
	} newer = { ZC_REQUEST_INIT(-1, -1), more };
	struct streams streams;

	CHECK(open_both(&streams, FILE_END, FILE_END, "r", "w"));
	newer.request.size = size;
	CHECK(transfer(&streams, &newer.request) == EINVAL);
	CHECK(streams.result.outcome == ZC_INVALID);
	CHECK(streams.result.error == EINVAL);
	CHECK(goes_on_at(streams.in, 0));
	return has_got(&streams, "", 0);
}

static bool
needs_no_result(void)
{
	struct streams streams;

	CHECK(open_both(&streams, FILE_END, FILE_END, "r", "w"));
	CHECK(zc_transfer_stdio(streams.in, streams.out, NULL, NULL) == 0);
	return has_got(&streams, content, DATA);
}

/** The sink takes nothing; flushing what `out` held fails first. */
static bool
finds_the_device_full(enum sort source, const char *before)
{
	struct streams streams;
	int64_t here;

	CHECK(open_both(&streams, source, FILE_END, "r", "w"));
	fclose(streams.out);
	streams.out = fopen("/dev/full", "w");
	CHECK(streams.out != NULL && getc(streams.in) == content[0]);
	CHECK(fputs(before, streams.out) >= 0);
	CHECK(transfer(&streams, NULL) == ENOSPC);
	CHECK(streams.result.error == ENOSPC && streams.result.bytes == 0);
	here = streams.result.lost + 1;
	CHECK(source != FILE_END || streams.result.lost == 0);
	CHECK(source == FILE_END || before[0] != '\0' ||
	    streams.result.outcome == ZC_FAILED);
	CHECK(goes_on_at(streams.in, (size_t)here));
	fclose(streams.in);
	fclose(streams.out);
	return true;
}

/** After the reader goes away, the positions of the streams are exact. */
static bool
finds_the_reader_gone(enum sort source, enum sort sink)
{
	struct streams streams;

	CHECK(open_both(&streams, source, sink, "r", "w"));
	CHECK(getc(streams.in) == content[0]);
	shut(streams.flow.drain);
	CHECK(transfer(&streams, NULL) == EPIPE);
	CHECK(streams.result.outcome == ZC_FAILED);
	CHECK(streams.result.side == ZC_SINK && streams.result.bytes == 0);
	CHECK(source != FILE_END || streams.result.lost == 0);
	CHECK(goes_on_at(streams.in, (size_t)streams.result.lost + 1));
	return close_both(&streams);
}

static bool
refuses_directions(const char *in_mode, int in, const char *out_mode, int out)
{
	struct streams streams = { .result = ZC_RESULT_INIT };
	int file = file_of(content, 10);

	streams.in = stream_of(another_of(file, in), in_mode);
	streams.out = stream_of(another_of(file_of("", 0), out), out_mode);
	CHECK(transfer(&streams, NULL) == EBADF);
	CHECK(streams.result.error == EBADF && streams.result.bytes == 0);
	return close_both(&streams);
}

/** A stream that has no descriptor. */
static bool
refuses_a_stream_of_memory(void)
{
	char memory[100] = "memory";
	struct streams streams;

	CHECK(open_both(&streams, FILE_END, FILE_END, "r", "w"));
	fclose(streams.in);
	streams.in = fmemopen(memory, sizeof(memory), "r");
	CHECK(transfer(&streams, NULL) == EBADF);
	return has_got(&streams, "", 0);
}

/* All of them */

static void
check_pair(enum sort source, enum sort sink)
{
	char what[40];

	snprintf(what, sizeof(what), "%s to %s", sort_names[source],
	    sort_names[sink]);
	for (int b = 0; b < BEFORES * (int)COUNT(bufferings); b++) {
		enum before how = (enum before)(b % BEFORES);
		const struct buffering *buffering = &bufferings[b / BEFORES];

		if (may_seek(source, how))
			CASE(begins_where_it_stands(source, sink, how,
			    buffering), "%s, %s, %s: the rest arrives", what,
			    buffering->name, before_names[how]);
	}
	for (int b = 0; b < ENDED; b++) {
		enum before how = (enum before)b;

		if (!may_seek(source, how))
			continue;
		CASE(stops_at_the_count(source, sink, how, 10),
		    "%s, %s: a count within the buffer is exact", what,
		    before_names[how]);
		CASE(stops_at_the_count(source, sink, how, 100001),
		    "%s, %s: a count beyond the buffer is exact", what,
		    before_names[how]);
		CASE(stops_at_the_count(source, sink, how, 0),
		    "%s, %s: count 0 moves nothing", what,
		    before_names[how]);
	}
	CASE(goes_by_turns(source, sink), "%s: mixes with getc and putc",
	    what);
	CASE(is_wrapped(source, sink), "%s: header and trailer arrive", what);
	if (sink != FILE_END)
		CASE(finds_the_reader_gone(source, sink),
		    "%s: after EPIPE the counts are exact", what);
}

static void
check_source(enum sort source)
{
	const char *name = sort_names[source];

	CASE(begins_with_another_char(source, true),
	    "%s: another char can be put back at the start", name);
	CASE(begins_with_another_char(source, false),
	    "%s: another char can be put back", name);
	CASE(is_short(source), "%s: with ZC_EXACT a short source fails", name);
	CASE(takes_the_largest_count(source),
	    "%s: the largest count moves everything", name);
	CASE_BY(ZC_SPLICE, obeys_a_method(source, ZC_SPLICE),
	    "%s: splice is used", name);
	CASE(obeys_a_method(source, ZC_READ_WRITE), "%s: read-write is used",
	    name);
	CASE(finds_the_device_full(source, ""),
	    "%s: a full device gives ENOSPC", name);
	CASE(finds_the_device_full(source, "first"),
	    "%s: a full device gives ENOSPC when flushing", name);
	if (source != FILE_END)
		CASE(refuses_an_offset(source), "%s: an offset is ESPIPE",
		    name);
}

static void
check_files(void)
{
	CASE(has_offsets(5000, 10, 1000), "offsets: both positions stay");
	CASE(has_offsets(0, 20000, ZC_TO_END),
	    "offsets: the rest of the source is moved");
	CASE(goes_on_in_both_directions(),
	    "streams for reading and writing work");
	CASE(writes_where_it_was_read(),
	    "a sink that was read is written at its position");
	CASE(follows_after_a_seek(10),
	    "a sink is written at the position of fseek");
	CASE(follows_after_a_seek(4096),
	    "a sink is written at the position of fseek, a page on");
	CASE(appends("a"), "a stream that appends is appended to");
	CASE(appends("a+"), "a stream that reads and appends is appended to");
	CASE(needs_no_result(), "the result may be NULL");
}

int
main(void)
{
	begin();
	srand(1);			/* the same counts in each run */
	for (int i = 0; i < SORTS * SORTS; i++)
		check_pair((enum sort)(i / SORTS), (enum sort)(i % SORTS));
	for (int source = 0; source < SORTS; source++)
		check_source((enum sort)source);
	check_files();
	CASE(refuses_another_version(0, 0), "a request of size 0 is EINVAL");
	CASE(refuses_another_version(sizeof(struct zc_request) + 8, 1),
	    "a larger request that sets the rest is EINVAL");
	CASE(refuses_directions("w", O_WRONLY, "w", O_WRONLY),
	    "a source that is open for writing is EBADF");
	CASE(refuses_directions("r", O_RDONLY, "r", O_RDONLY),
	    "a sink that is open for reading is EBADF");
	CASE(refuses_a_stream_of_memory(), "a stream without descriptor fails");
	finish();
	return 0;
}
