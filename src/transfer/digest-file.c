#include "config.h"

#include "digest-file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/deadline.h"
#include "../base/diag.h"

/** Return the status of the run for one of the file's endpoint: STATUS_DEST
 * would mean that DEST has failed. */
static enum status
status_for_run(enum status status)
{
	return status == STATUS_OK ? STATUS_OK : STATUS_OTHER;
}

static enum status
open_file(struct digest_file *file, const char *path)
{
	enum status status = endpoint_parse(&file->file, file->name, ROLE_DEST,
	    &file->options);

	if (status != STATUS_OK)
		return status;
	file->file.name = path;
	file->file.mode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH |
	    S_IWOTH;
	status = endpoint_open(&file->file);
	return status != STATUS_OK ? status : endpoint_ready(&file->file);
}

enum status
digest_file_open(struct digest_file *file, const struct options *options)
{
	*file = (struct digest_file)DIGEST_FILE_NONE;
	if (options->digest_file == NULL)
		return STATUS_OK;
	file->options = (struct options)OPTIONS_INIT;
	file->options.sync = options->sync;
	if (asprintf(&file->name, "file:%s", options->digest_file) < 0) {
		file->name = NULL;
		diag_errno(options->digest_file, "--digest-file");
		return STATUS_OTHER;
	}
	return status_for_run(open_file(file, options->digest_file));
}

/** Return the name of a file that has exactly the bytes of the digest, or
 * "-". */
static const char *
name_for(const struct endpoint *source, const struct endpoint *dest)
{
	const struct options *options = source->options;
	struct stat st;

	if (options->headers.count == 0 && options->trailers.count == 0 &&
	    endpoint_has(dest, ENDPOINT_PATH) && stat(dest->path, &st) == 0 &&
	    S_ISREG(st.st_mode))
		return dest->path;
	if (endpoint_has(source, ENDPOINT_PATH) && source->has_stat &&
	    S_ISREG(source->st.st_mode) && options->offset == 0 &&
	    options->bytes == ZC_TO_END)
		return source->path;
	return "-";
}

/* sha256sum(1) escapes these characters.  With xxh3, escape nothing but a
 * newline: xxhsum(1) reads escaped names since 0.8.2 only. */
void
digest_file_line(FILE *stream, const struct digest_value *value,
    const char *name)
{
	const char *special = value->algorithm == DIGEST_SHA256 ? "\\\n\r" :
	    "\n";
	const bool escapes = strpbrk(name, special) != NULL;
	char text[DIGEST_TEXT];

	digest_text(text, value);
	fprintf(stream, "%s%s  ", escapes ? "\\" : "", text);
	for (; *name != '\0'; name++) {
		if (escapes && *name == '\n')
			fputs("\\n", stream);
		else if (escapes && *name == '\r')
			fputs("\\r", stream);
		else if (escapes && *name == '\\')
			fputs("\\\\", stream);
		else
			putc(*name, stream);
	}
	putc('\n', stream);
}

/** Write all bytes.  Return 0, or -1 with errno. */
static int
write_all(struct endpoint *file, const char *text, size_t size)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = write(file->fd, text + done, size - done);
		done += n > 0 ? (size_t)n : 0;
	} while (deadline_moved(&file->deadline, n) && done < size);
	return done == size ? 0 : -1;
}

/** Write the lines to the file, which is ready. */
static enum status
write_lines(struct endpoint *file, const struct digest_value *value,
    struct ends *ends)
{
	enum status status = endpoint_begin(file);
	char *lines = NULL;
	size_t size = 0;
	FILE *stream;

	if (status != STATUS_OK)
		return status;
	stream = open_memstream(&lines, &size);
	if (stream == NULL)
		return endpoint_error(file, "write");
	FOR_EACH_DEST(dest, ends)
		if (dest->committed)
			digest_file_line(stream, value,
			    name_for(&ends->source, &dest->end));
	if (fclose(stream) != 0 || write_all(file, lines, size) < 0)
		status = endpoint_error(file, "write");
	free(lines);
	return status;
}

enum status
digest_file_write(struct digest_file *file, const struct digest_value *value,
    struct ends *ends)
{
	enum status status;

	if (file->name == NULL)
		return STATUS_OK;
	status = write_lines(&file->file, value, ends);
	return status_for_run(status != STATUS_OK ? status :
	    endpoint_commit(&file->file));
}

void
digest_file_close(struct digest_file *file)
{
	if (file->name != NULL)
		endpoint_abort(&file->file);
	free(file->name);
	*file = (struct digest_file)DIGEST_FILE_NONE;
}
