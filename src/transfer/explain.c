#include "config.h"

#include "explain.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "../base/diag.h"
#include "../base/output.h"
#include "../endpoint/look.h"
#include "buffering.h"
#include "digesting.h"
#include "direct.h"
#include "move.h"
#include "resume.h"
#include "rules.h"
#include "skip.h"
#include "verdict.h"

/** Print a name on a line of its own, with control characters escaped. */
static void
print_name(const char *title, const char *name)
{
	char escaped[PATH_MAX];

	diag_escape(escaped, sizeof(escaped), name);
	printf("%-13s%s\n", title, escaped);
}

static void
print_end(const char *title, const struct endpoint *end,
    const struct look *look)
{
	print_name(title, end->name);
	printf("  %-11s%s\n", "type", end->type->name);
	printf("  %-11s%s\n", "kind", zc_kind_name(look->kind));
	if (look->size >= 0)
		printf("  %-11s%" PRId64 " bytes\n", "size", look->size);
	else
		printf("  %-11s%s\n", "size", look->missing ?
		    "none: it will be created" : "unknown");
}

/** Print what DEST must do for success, if it is a socket. */
static void
print_confirm(const struct endpoint *dest)
{
	static const char *const words[] = {
		[CONFIRM_DEFAULT] = "close: wait until the peer closes, too",
		[CONFIRM_CLOSE] = "close: wait until the peer closes, too",
		[CONFIRM_ACK] = "ack: wait until the peer's kernel has all",
		[CONFIRM_NONE] = "none: do not wait",
	};
	enum confirm confirm = dest->options->confirm;

	if (endpoint_has(dest, ENDPOINT_NETWORK) || confirm != CONFIRM_DEFAULT)
		printf("  %-11s%s\n", "confirm", words[confirm]);
}

static void
print_dest(const struct endpoint *dest, const struct look *out)
{
	print_end("destination", dest, out);
	printf("  %-11s%s", "way", out->way);
	if (dest->options->seek >= 0)
		printf(", from byte %" PRId64, dest->options->seek);
	printf("\n");
	if (dest->options->sync)
		printf("  %-11s%s\n", "sync", out->missing ||
		    endpoint_has(dest, ENDPOINT_REPLACES) ?
		    "flushed, and its directory, before success" :
		    "flushed before success");
	if (dest->options->preserve)
		printf("  %-11s%s\n", "attributes",
		    "those of SOURCE (--preserve)");
	print_confirm(dest);
}

static void
print_range(int64_t bytes, const struct options *options)
{
	printf("%-13s", "range");
	if (bytes < 0)
		printf("all until the end");
	else
		printf("%" PRId64 " bytes", bytes);
	if (options->bytes > bytes)
		printf(" (of %" PRId64 " asked for)", options->bytes);
	if (options->offset > 0)
		printf(", from byte %" PRId64, options->offset);
	printf("\n");
}

/** Look at the file of a header or trailer. */
static enum status
look_at_name(struct look *look, const char *name, const struct options *options)
{
	struct endpoint file;
	enum status status = endpoint_parse(&file, name, ROLE_SOURCE, options);

	if (status != STATUS_OK)
		return status;
	status = endpoint_look(&file, look);
	/* STATUS_SOURCE would mean that SOURCE itself cannot be read. */
	return status == STATUS_SOURCE ? STATUS_OTHER : status;
}

/** Check that headers or trailers could be read, and add their sizes, as far as
 * they are known, to `total`. */
static enum status
look_at_names(const struct names *names, const struct options *options,
    int64_t *total)
{
	enum status status;
	struct look look;

	for (size_t i = 0; i < names->count; i++) {
		status = look_at_name(&look, names->name[i], options);
		if (status != STATUS_OK)
			return status;
		if (look.size > look.start)
			*total += look.size - look.start;
	}
	return STATUS_OK;
}

static void
print_names(const char *title, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		print_name(title, names->name[i]);
}

/** Print which method is tried first, by which option, and which options rule
 * out others. */
static void
print_choice(enum zc_method preferred, const struct options *options)
{
	static const char *const sparse[] = {
		[SPARSE_AUTO] = "",
		[SPARSE_ALWAYS] = ", makes holes (--sparse=always)",
		[SPARSE_NEVER] = ", fills holes (--sparse=never)",
	};

	printf("%-13s", "method");
	if (options->method != ZC_AUTO)
		printf("%s (--method)", zc_method_name(options->method));
	else if (preferred != ZC_AUTO)
		printf("%s first (--select)", zc_method_name(preferred));
	else
		printf("auto");
	printf("%s%s%s\n", options->stable ? ", only copies (--stable)" : "",
	    options->no_disk_io ? ", from memory only (--no-disk-io)" : "",
	    sparse[options->sparse]);
}

static void
print_rate(const struct options *options)
{
	if (options->rate == 0)
		return;
	printf("%-13sat most %" PRId64 " bytes a second%s\n", "rate",
	    options->rate, options->method == ZC_REFLINK ?
	    ", of which reflink needs none" : "");
}

static void
print_buffer(const struct options *options, bool indirect)
{
	if (options->buffer > 0)
		printf("%-13sup to %" PRId64 " bytes %s\n", "buffer",
		    options->buffer, indirect ? "in memory, which a thread "
		    "fills from SOURCE" : "of SOURCE in the page cache, which "
		    "a thread reads ahead");
}

static void
print_digest(const struct options *options, bool follows)
{
	const enum digest_algorithm algorithm = digesting_algorithm(options);

	if (algorithm != DIGEST_NONE)
		printf("%-13s%s, %s\n", "digest", digest_name(algorithm),
		    digesting_way(follows));
}

/** Print the methods to try, best first, and what rules out the others. */
static void
print_plan(const struct zc_plan *plan)
{
	const char *title = "ruled out";

	printf("%-13s", "plan");
	for (size_t i = 0; i < plan->count; i++)
		printf("%s%s", i > 0 ? " " : "",
		    zc_method_name(plan->method[i]));
	printf("%s\n", plan->count == 0 ? "none" : "");

	for (int m = 0; m < ZC_METHODS; m++) {
		if (plan->why_not[m] == NULL)
			continue;
		printf("%-13s%s: %s\n", title,
		    zc_method_name((enum zc_method)m), plan->why_not[m]);
		title = "";
	}
}

/* predict_method() recognizes it by its address. */
static const char missing[] = "this system does not have it";

/** Rule out methods that this system does not have.  zc_plan() does not ask for
 * that: in a run, the engine finds out when a call fails. */
static void
drop_missing(struct zc_plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->count; i++) {
		enum zc_method method = plan->method[i];

		if (zc_method_available(method) == 0)
			plan->method[kept++] = method;
		else
			plan->why_not[method] = missing;
	}
	plan->count = kept;
}

/** Make the plan of the run, which `looks` at the data or not, and is
 * `indirect` or not (buffering.h).  Return the method that --select prefers, or
 * ZC_AUTO. */
static enum zc_method
make_plan(struct zc_plan *plan, const struct zc_ends *ends,
    const struct options *options, bool looks, bool indirect)
{
	const unsigned flags = move_flags(options);
	enum zc_method preferred = ZC_AUTO;

	if (options->method == ZC_AUTO && options->rules != NULL)
		preferred = rules_choose(options->rules, ends->bytes);
	zc_plan(plan, ends, options->method, preferred,
	    (indirect ? buffering_flags(flags) : flags) |
	    (looks ? (unsigned)ZC_LOOK : 0));
	drop_missing(plan);
	return preferred;
}

/** A destination, as explained. */
struct account {
	struct look look;
	struct zc_plan plan;
};

/** If no method can serve this destination, print the message with which the
 * run would end, and return its status. */
static enum status
predict_method(struct ends *ends, const struct look *in, struct dest *dest,
    const struct account *account)
{
	const enum zc_method method = ends->source.options->method;
	const struct zc_plan *plan = &account->plan;
	struct zc_result result = ZC_RESULT_INIT;

	if (plan->count > 0)
		return STATUS_OK;
	if (plan->why_not[method] != missing)
		return verdict_ruled_out(&dest->end, method,
		    plan->why_not[method], in->kind, account->look.kind);
	result.outcome = ZC_UNSUITED;
	result.method = method;
	result.error = zc_method_available(method);
	return verdict(&result, ends, dest);
}

/** If SOURCE would end early, print the message with which the run would end if
 * it moved all that is there now, and return its status. */
static enum status
predict_end(struct ends *ends, const struct look *in)
{
	const struct options *options = ends->source.options;
	struct zc_result result = ZC_RESULT_INIT;

	result.outcome = ZC_DONE;
	result.bytes = in->kind == ZC_NULL ? 0 : ends->source.expected;
	if (!options->allow_short && !in->guessed &&
	    (in->kind == ZC_NULL || in->size >= 0) &&
	    result.bytes < options->bytes)
		result.outcome = ZC_SHORT;
	return verdict(&result, ends, ends->dest);
}

/** Return where the job reads: in BUFFER_PAGES, SOURCE's own, also without
 * --buffer. */
static enum buffer_form
form_of(struct ends *ends, const struct look *in, bool to_file)
{
	return ends->source.options->buffer > 0 ?
	    buffering_form(ends, in, to_file) : BUFFER_PAGES;
}

/** Return what the plan for one destination depends on. */
static struct zc_ends
ends_of(const struct ends *ends, const struct look *in, const struct look *out,
    enum buffer_form form)
{
	const enum zc_kind kind[] = {
		[BUFFER_PAGES] = in->kind,
		[BUFFER_PIPES] = ZC_PIPE,
		[BUFFER_FILE] = ZC_REGULAR,
	};

	return (struct zc_ends){
		.size = sizeof(struct zc_ends),
		.in = kind[form],
		.out = out->kind,
		.bytes = ends->source.expected,
		.append = out->flags & O_APPEND,
		.direct = out->flags & O_DIRECT,
		.placed = false,	/* --seek moves the position itself */
		.unseekable = form == BUFFER_PAGES && in->kind == ZC_REGULAR &&
		    in->start < 0,
		.shared = ends->count > 1 && (form == BUFFER_PIPES ||
		    (form == BUFFER_PAGES && (in->start < 0 ||
		    in->kind == ZC_SYNTHETIC))),
	};
}

/** True if a destination is a regular file. */
static bool
has_file(struct ends *ends, const struct account accounts[DESTS_MAX])
{
	FOR_EACH_DEST(dest, ends)
		if (accounts[dest - ends->dest].look.kind == ZC_REGULAR)
			return true;
	return false;
}

/** Print the account, then the error that it leads to, if any, and return its
 * status. */
static enum status
print_account(struct ends *ends, const struct look *in,
    struct account accounts[DESTS_MAX])
{
	const struct endpoint *source = &ends->source;
	const struct options *options = source->options;
	const bool digests = digesting_algorithm(options) != DIGEST_NONE;
	const bool to_file = has_file(ends, accounts);
	const bool follows = digests && digesting_follows(source,
	    in->kind == ZC_REGULAR && in->start >= 0, to_file);
	const enum buffer_form form = form_of(ends, in, to_file);
	enum status status, flushed;
	enum zc_method preferred = ZC_AUTO;

	print_end("source", source, in);
	FOR_EACH_DEST(dest, ends) {
		struct account *account = &accounts[dest - ends->dest];
		const struct zc_ends kinds = ends_of(ends, in, &account->look,
		    form);

		account->plan = (struct zc_plan)ZC_PLAN_INIT;
		preferred = make_plan(&account->plan, &kinds,
		    dest->end.options, digests && !follows,
		    form != BUFFER_PAGES);
		print_dest(&dest->end, &account->look);
	}
	print_names("header", &options->headers);
	print_range(source->expected, options);
	print_names("trailer", &options->trailers);
	print_choice(preferred, options);
	print_rate(options);
	print_buffer(options, form != BUFFER_PAGES);
	print_digest(options, follows);
	FOR_EACH_DEST(dest, ends) {
		if (ends->count > 1)
			print_name("to", dest->end.name);
		print_plan(&accounts[dest - ends->dest].plan);
	}
	status = resume_explain(source, in, &ends->dest->end);
	flushed = output_flush();
	if (status != STATUS_OK)
		return status;
	FOR_EACH_DEST(dest, ends) {
		status = ends_end_step(ends, dest, predict_method(ends, in,
		    dest, &accounts[dest - ends->dest]));
		if (status != STATUS_OK)
			return status;
	}
	status = predict_end(ends, in);
	return status != STATUS_OK ? status : flushed;
}

/** Check that a destination can take what is to be moved, with `around` bytes
 * of headers and trailers. */
static enum status
check_dest(const struct endpoint *dest, const struct look *out,
    const struct look *in, int64_t around)
{
	enum status status = direct_check_dest(dest, out, in);

	if (status != STATUS_OK)
		return status;
	return out->kind == ZC_SYNTHETIC && around > 0 ?
	    verdict_wrapped(dest) : STATUS_OK;
}

/** Look at a destination; `arg` is the first account. */
static enum status
look_at_dest(struct ends *ends, struct dest *dest, void *arg)
{
	struct account *accounts = arg;

	return ends_end_step(ends, dest, endpoint_look(&dest->end,
	    &accounts[dest - ends->dest].look));
}

/** Look for what would stop a run before the first byte, in the order of the
 * run, because it prints the first error only. */
static enum status
look_at_all(struct ends *ends, struct look *in,
    struct account accounts[DESTS_MAX])
{
	struct endpoint *source = &ends->source;
	const struct options *options = source->options;
	int64_t around = 0;		/* bytes of headers and trailers */
	enum status status;

	status = look_at_names(&options->headers, options, &around);
	if (status != STATUS_OK)
		return status;
	status = look_at_names(&options->trailers, options, &around);
	if (status != STATUS_OK)
		return status;
	status = endpoint_look(source, in);
	if (status != STATUS_OK)
		return status;
	status = ends_open_dests(ends, look_at_dest, accounts);
	if (status != STATUS_OK)
		return status;
	status = skip_look(ends, in);
	if (status != STATUS_OK)
		return status;
	look_expect(source, in);
	status = direct_check_source(source, in);
	if (status != STATUS_OK)
		return status;
	FOR_EACH_DEST(dest, ends) {
		status = ends_end_step(ends, dest, check_dest(&dest->end,
		    &accounts[dest - ends->dest].look, in, around));
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

enum status
explain(struct ends *ends)
{
	struct account accounts[DESTS_MAX];
	struct look in;
	enum status status = look_at_all(ends, &in, accounts);

	if (status == STATUS_OK)
		status = print_account(ends, &in, accounts);
	return ends->failed != NULL ? ends->failed->status : status;
}
