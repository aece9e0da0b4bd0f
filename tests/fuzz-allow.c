/*
 * --allow: a prefix that is accepted has its own address, all that differ from
 * it after the prefix, and none that differ within.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../src/endpoint/allow.h"
#include "fuzz-text.h"

/** True if the list has the address, of which bit n is changed; -1: none is. */
static bool
has(const struct allow *list, int family, const void *address, int n)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	unsigned char *bytes = family == AF_INET ? (void *)&v4.sin_addr :
	    (void *)&v6.sin6_addr;

	memcpy(bytes, address, family == AF_INET ? sizeof(v4.sin_addr) :
	    sizeof(v6.sin6_addr));
	if (n >= 0)
		bytes[n / 8] ^= (unsigned char)(0x80 >> n % 8);
	return allow_match(list, family == AF_INET ? (void *)&v4 :
	    (void *)&v6);
}

/** True if a list without rules for it has none of this family. */
static bool
has_other_family(const struct allow *list, int family)
{
	const unsigned char address[16] = { 0x20, 0x01 };

	return has(list, family == AF_INET ? AF_INET6 : AF_INET, address, -1);
}

/** Check a list of this one rule.  A mapped IPv4 address is not told apart
 * here: unit-allow.c does that. */
static void
check_rule(const struct allow *list, const char *text)
{
	char *address = text_of("%s", text), *slash = strchr(address, '/');
	unsigned char bytes[16];
	int family = AF_INET, bits = 32;

	if (slash != NULL)
		*slash++ = '\0';
	if (inet_pton(AF_INET, address, bytes) != 1) {
		MUST(inet_pton(AF_INET6, address, bytes) == 1);
		family = AF_INET6;
		bits = 128;
	}
	if (family == AF_INET || !IN6_IS_ADDR_V4MAPPED(
	    (const struct in6_addr *)(const void *)bytes)) {
		const int length = slash != NULL ? atoi(slash) : bits;

		MUST(length >= 0 && length <= bits);
		MUST(has(list, family, bytes, -1));
		for (int n = 0; n < bits; n++)
			if (family == AF_INET || length > 96)
				MUST(has(list, family, bytes, n) ==
				    (n >= length));
		MUST(!has_other_family(list, family));
	}
	free(address);
}

void
fuzz_allow(const char *text, size_t size)
{
	struct allow *list = NULL;
	const char *why = allow_add(&list, text);

	(void)size;
	if (why != NULL) {
		MUST(list == NULL && is_message(why));
		return;
	}
	check_rule(list, text);
	/* A second rule takes nothing away. */
	MUST(allow_add(&list, "192.0.2.7") == NULL);
	MUST(allow_add(&list, text) == NULL);
	MUST(has(list, AF_INET, (const unsigned char[]){ 192, 0, 2, 7 }, -1));
	allow_free(list);
}
