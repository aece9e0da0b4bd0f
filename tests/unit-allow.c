/*
 * --allow: which rules are accepted, and which peers they let in.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "../src/endpoint/allow.h"
#include "../src/system/vsock.h"

#define LONGEST	"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"

static const struct {
	const char *rule, *peer;
	bool in;
} choices[] = {
	/* one address */
	{ "192.0.2.7", "192.0.2.7", true },
	{ "192.0.2.7", "192.0.2.6", false },
	{ "192.0.2.7", "64.0.2.7", false },
	{ "192.0.2.7/32", "192.0.2.7", true },
	{ "192.0.2.7/32", "192.0.2.6", false },
	{ "0.0.0.0", "0.0.0.0", true },
	{ "0.0.0.0", "0.0.0.1", false },
	{ "255.255.255.255", "255.255.255.255", true },
	{ "255.255.255.255", "255.255.255.254", false },
	{ "2001:db8::7", "2001:db8::7", true },
	{ "2001:db8::7", "2001:db8::6", false },
	{ "2001:db8::7", "a001:db8::7", false },
	{ "2001:db8::7/128", "2001:db8::7", true },
	{ "2001:db8::7/128", "2001:db8::6", false },
	{ "::1", "::1", true },
	{ "::1", "::", false },
	{ LONGEST, LONGEST, true },
	{ LONGEST "/128", LONGEST, true },

	/* networks */
	{ "10.0.0.0/8", "10.255.255.255", true },
	{ "10.0.0.0/8", "11.0.0.0", false },
	{ "10.0.0.0/8", "9.255.255.255", false },
	{ "10.0.0.0/9", "10.127.255.255", true },
	{ "10.0.0.0/9", "10.128.0.0", false },
	{ "10.128.0.0/9", "10.128.0.0", true },
	{ "192.0.2.64/26", "192.0.2.127", true },
	{ "192.0.2.64/26", "192.0.2.128", false },
	{ "192.0.2.64/26", "192.0.2.63", false },
	{ "192.0.2.6/31", "192.0.2.7", true },
	{ "192.0.2.6/31", "192.0.2.8", false },
	{ "128.0.0.0/1", "255.0.0.1", true },
	{ "128.0.0.0/1", "127.255.255.255", false },
	{ "2001:db8::/32", "2001:db8:ffff::1", true },
	{ "2001:db8::/32", "2001:db9::", false },
	{ "2001:db8::/33", "2001:db8:7fff::1", true },
	{ "2001:db8::/33", "2001:db8:8000::1", false },
	{ "2001:db8::6/127", "2001:db8::7", true },
	{ "2001:db8::6/127", "2001:db8::8", false },
	{ "fe80::/10", "febf::1", true },
	{ "fe80::/10", "fec0::1", false },
	{ "10.0.0.0/008", "10.1.2.3", true },

	/* all addresses of a family, and of both */
	{ "0.0.0.0/0", "0.0.0.0", true },
	{ "0.0.0.0/0", "255.255.255.255", true },
	{ "0.0.0.0/0", "::ffff:192.0.2.7", true },
	{ "0.0.0.0/0", "::1", false },
	{ "0.0.0.0/0", "2001:db8::7", false },
	{ "::/0", "::1", true },
	{ "::/0", "ffff::", true },
	{ "::/0", "192.0.2.7", false },
	{ "::/0", "::ffff:192.0.2.7", false },

	/* IPv4 mapped into IPv6, on either side, and on both */
	{ "192.0.2.7", "::ffff:192.0.2.7", true },
	{ "192.0.2.7", "::ffff:192.0.2.6", false },
	{ "192.0.2.0/24", "::ffff:192.0.2.255", true },
	{ "192.0.2.0/24", "::ffff:192.0.3.0", false },
	{ "::ffff:192.0.2.7", "192.0.2.7", true },
	{ "::ffff:192.0.2.7", "192.0.2.6", false },
	{ "::ffff:c000:207", "192.0.2.7", true },
	{ "::FFFF:192.0.2.7/128", "192.0.2.7", true },
	{ "::ffff:192.0.2.0/120", "192.0.2.255", true },
	{ "::ffff:192.0.2.0/120", "192.0.3.0", false },
	{ "::ffff:0.0.0.0/96", "192.0.2.7", true },
	{ "::ffff:0.0.0.0/96", "::1", false },
	{ "::ffff:192.0.2.7", "::ffff:192.0.2.7", true },

	/* addresses that look like mapped ones, but are not */
	{ "192.0.2.7", "::192.0.2.7", false },
	{ "192.0.2.7", "64:ff9b::192.0.2.7", false },
	{ "192.0.2.7", "::ffff:0:192.0.2.7", false },
	{ "::192.0.2.7", "192.0.2.7", false },
	{ "127.0.0.1", "::1", false },
	{ "::1", "127.0.0.1", false },
	{ "0.0.0.0", "::", false },
	{ "::", "0.0.0.0", false },

	/* machines */
	{ "vsock:3", "vsock:3", true },
	{ "vsock:3", "vsock:4", false },
	{ "vsock:0", "vsock:0", true },
	{ "vsock:4294967294", "vsock:4294967294", true },
	{ "vsock:3", "0.0.0.3", false },
	{ "0.0.0.0/0", "vsock:3", false },
	{ "::/0", "vsock:0", false },
};

static const struct {
	const char *rule;
	const char *why;		/* a word of the reason */
} refusals[] = {
	/* not an address */
	{ "", "address" },
	{ "/", "address" },
	{ "/24", "address" },
	{ " ", "address" },
	{ "localhost", "address" },
	{ "example.org/24", "address" },
	{ "*", "address" },
	{ "192.0.2", "address" },
	{ "192.0.2.", "address" },
	{ "192.0.2.256", "address" },
	{ "192.0.2.7.1", "address" },
	{ "192.0.2.-1", "address" },
	{ "0xc0.0.2.7", "address" },
	{ " 192.0.2.7", "address" },
	{ "192.0.2.7 ", "address" },
	{ "192.0.2.7:80", "address" },
	{ "192.0.2.6-192.0.2.7", "address" },
	{ "192.0.2.7,192.0.2.8", "address" },
	{ ":", "address" },
	{ ":::", "address" },
	{ "1::2::3", "address" },
	{ "12345::", "address" },
	{ "1:2:3:4:5:6:7:8:9", "address" },
	{ "[::1]", "brackets" },
	{ "[::1]/128", "brackets" },
	{ "fe80::1%eth0", "address" },
	{ "::ffff:192.0.2.256", "address" },
	{ LONGEST "0", "address" },
	{ LONGEST LONGEST LONGEST LONGEST, "address" },

	/* lengths */
	{ "192.0.2.7/", "length" },
	{ "192.0.2.7/33", "length" },
	{ "192.0.2.0/120", "length" },
	{ "192.0.2.7/128", "length" },
	{ "192.0.2.7/-1", "length" },
	{ "192.0.2.7/+32", "length" },
	{ "192.0.2.7/ 32", "length" },
	{ "192.0.2.7/32 ", "length" },
	{ "192.0.2.7/32/32", "length" },
	{ "192.0.2.7/x", "length" },
	{ "192.0.2.7/3x", "length" },
	{ "192.0.2.7/0x20", "length" },
	{ "192.0.2.7/1.5", "length" },
	{ "192.0.2.0/255.255.255.0", "length" },
	{ "192.0.2.7/4294967328", "length" },
	{ "192.0.2.7/18446744073709551648", "length" },
	{ "::1/", "length" },
	{ "::1/129", "length" },
	{ "::1/999", "length" },
	{ "::1/-0", "length" },

	/* an address with bits beyond the length */
	{ "192.0.2.7/24", "after" },
	{ "192.0.2.7/31", "after" },
	{ "192.0.2.7/0", "after" },
	{ "0.0.0.1/0", "after" },
	{ "2001:db8::7/64", "after" },
	{ "2001:db8::7/127", "after" },
	{ "::1/0", "after" },
	{ "::ffff:192.0.2.7/32", "after" },
	{ "::ffff:192.0.2.7/120", "after" },

	/* machines */
	{ "vsock:", "CID" },
	{ "vsock:x", "CID" },
	{ "vsock:-1", "CID" },
	{ "vsock: 3", "CID" },
	{ "vsock:3:5", "CID" },
	{ "vsock:3/32", "CID" },
	{ "vsock:4294967295", "below 4294967295" },
	{ "vsock:18446744073709551619", "CID" },
};

#define CHOICES		(sizeof(choices) / sizeof(choices[0]))
#define REFUSALS	(sizeof(refusals) / sizeof(refusals[0]))
#define OTHERS		7		/* the checks beside the tables */

static size_t number;

static void __attribute__((format(printf, 2, 3)))
report(bool ok, const char *format, ...)
{
	va_list args;

	printf("%s %zu - allow: ", ok ? "ok" : "not ok", ++number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static bool
lets_in(const struct allow *list, const char *text)
{
	struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = 7 };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6,
		.sin6_port = 7, .sin6_flowinfo = 7, .sin6_scope_id = 7 };
	struct sockaddr_storage vsock;

	if (strncmp(text, "vsock:", 6) == 0) {
		(void)vsock_address(&vsock, (uint32_t)strtoul(text + 6, NULL,
		    10), 7);
		return allow_match(list, (struct sockaddr *)&vsock);
	}
	if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1)
		return allow_match(list, (struct sockaddr *)&ipv4);
	if (inet_pton(AF_INET6, text, &ipv6.sin6_addr) == 1)
		return allow_match(list, (struct sockaddr *)&ipv6);
	printf("Bail out! not an address: %s\n", text);
	return false;
}

static bool
chooses(const char *rule, const char *peer, bool in)
{
	struct allow *list = NULL;
	bool ok = allow_add(&list, rule) == NULL && list != NULL &&
	    lets_in(list, peer) == in;

	allow_free(list);
	return ok;
}

/** True if the rule is refused with this word, and the list is as it was. */
static bool
refuses(const char *rule, const char *word)
{
	struct allow *list = NULL;
	const char *why = allow_add(&list, rule);
	bool ok = why != NULL && strstr(why, word) != NULL && list == NULL;

	allow_free(list);
	return ok;
}

static void
check_list(void)
{
	struct allow *list = NULL;
	const struct allow *before;
	bool added = allow_add(&list, "192.0.2.7") == NULL &&
	    allow_add(&list, "2001:db8::/32") == NULL &&
	    allow_add(&list, "10.0.0.0/8") == NULL;

	report(added && lets_in(list, "192.0.2.7") &&
	    lets_in(list, "2001:db8::7") && lets_in(list, "10.1.2.3"),
	    "an address that fits any of several rules is let in");
	report(!lets_in(list, "192.0.2.8") && !lets_in(list, "2001:db9::"),
	    "an address that fits no rule is kept out");
	before = list;
	report(allow_add(&list, "10.0.0.0/33") != NULL && list == before &&
	    lets_in(list, "192.0.2.7") && !lets_in(list, "192.0.2.8"),
	    "a malformed rule changes nothing");
	allow_free(list);
}

static void
check_none(void)
{
	const struct sockaddr_un path = { .sun_family = AF_UNIX };
	struct allow *list = NULL;

	report(lets_in(NULL, "192.0.2.7") && lets_in(NULL, "::1") &&
	    allow_match(NULL, (const struct sockaddr *)&path),
	    "without rules every address is let in");
	report(allow_add(&list, "::/0") == NULL &&
	    !allow_match(list, (const struct sockaddr *)&path),
	    "a peer without an address fits no rule");
	allow_free(list);
	allow_free(NULL);
	report(true, "NULL can be freed");
}

/** The caller's text is only read: it may be in read-only memory. */
static void
check_text_is_kept(void)
{
	char text[] = "10.0.0.0/8";
	struct allow *list = NULL;
	bool ok = allow_add(&list, text) == NULL &&
	    strcmp(text, "10.0.0.0/8") == 0;

	memset(text, 'x', sizeof(text) - 1);
	report(ok && lets_in(list, "10.1.2.3"), "the text is only read");
	allow_free(list);
}

int
main(void)
{
	printf("1..%zu\n", CHOICES + REFUSALS + OTHERS);

	for (size_t i = 0; i < CHOICES; i++)
		report(chooses(choices[i].rule, choices[i].peer,
		    choices[i].in), "'%s' %s %s", choices[i].rule,
		    choices[i].in ? "lets in" : "keeps out", choices[i].peer);
	for (size_t i = 0; i < REFUSALS; i++)
		report(refuses(refusals[i].rule, refusals[i].why),
		    "'%s' is refused: %s", refusals[i].rule, refusals[i].why);

	check_list();
	check_none();
	check_text_is_kept();
	return 0;
}
